//! Who the sender is, and the mechanism that shows it.

use ehlo::Secret;
use ehlo::client::Client;
use ehlo::sasl::{BindingType, ChannelBinding, Chooser, ClientMechanism, Credentials, Nonce};
use ehlo::types::Mechanism;
use tokio_rustls::rustls::crypto::ring;

/// What is shown to the server.
pub(crate) struct Login {
    pub(crate) credentials: Credentials,
    /// The only one to use.
    pub(crate) mechanism: Option<Mechanism>,
}

impl Login {
    /// With what the command line has.
    pub(crate) fn new(
        user: Option<String>,
        password: Option<Secret>,
        token: Option<Secret>,
        has_certificate: bool,
        mechanism: Option<Mechanism>,
    ) -> Result<Option<Self>, &'static str> {
        let credentials = match (user, password, token) {
            (Some(user), Some(password), None) => Credentials::password(user, password),
            (Some(user), None, Some(token)) => Credentials::token(user, token),
            (None, None, None) => match mechanism {
                None if !has_certificate => return Ok(None),
                None | Some(Mechanism::EXTERNAL) => Credentials::External,
                Some(Mechanism::ANONYMOUS) => Credentials::Anonymous {
                    trace: String::new(),
                },
                Some(_) => return Err("--mechanism needs --user NAME"),
            },
            _ => return Err("--user NAME and --password PASSWORD or --token TOKEN go together"),
        };
        Ok(Some(Self {
            credentials,
            mechanism,
        }))
    }

    /// The strongest mechanism that there is for this server, on the TLS channel
    /// of that name.
    pub(crate) fn choose(
        &self,
        client: &Client,
        channel: Option<&Secret>,
        (host, port): &(String, u16),
    ) -> Option<Box<dyn ClientMechanism>> {
        let chooser = Chooser::new(self.credentials.clone()).with_host(host, *port);
        let mut chooser = self.with_scram(chooser, channel);
        let may_be = |mechanism: &Mechanism| self.mechanism.is_none_or(|only| only == *mechanism);
        chooser.choose(client.mechanisms().filter(may_be))
    }

    /// What SCRAM needs beside a name and a password.
    fn with_scram(&self, chooser: Chooser, channel: Option<&Secret>) -> Chooser {
        let mut octets = [0; 18];
        let random = ring::default_provider().secure_random;
        if random.fill(&mut octets).is_err() {
            return chooser;
        }
        let chooser = chooser.with_nonce(Nonce::from_random(octets));
        // Who knows the channel and does not bind to it says that the server
        // cannot. Where `--mechanism` is why, that must not be said.
        let only = self.mechanism;
        let may_bind = only.is_none_or(|only| only.as_str().ends_with("-PLUS"));
        match channel.filter(|_| may_bind) {
            Some(channel) => {
                let exporter = BindingType::TlsExporter;
                chooser.with_binding(ChannelBinding::new(exporter, channel.clone()))
            }
            None => chooser,
        }
    }
}
