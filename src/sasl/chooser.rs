//! Which mechanism: the strongest that is offered and that there are
//! credentials for.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{
    AnonymousClient, ClientMechanism, CredentialsError, ExternalClient, LoginClient,
    OAuthBearerClient, PlainClient, XOAuth2Client,
};
#[cfg(feature = "scram")]
use super::{ChannelBinding, CramMd5Client, Hash, Nonce, ScramClient};
use crate::Secret;
use crate::types::Mechanism;

/// What a client can show.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// A name and a password: SCRAM, CRAM-MD5, PLAIN, LOGIN.
    Password {
        /// Who the client is.
        name: String,
        /// The password.
        password: Secret,
    },
    /// A name and a bearer token: OAUTHBEARER, XOAUTH2.
    Token {
        /// Whose the token is.
        name: String,
        /// The token.
        token: Secret,
    },
    /// What the server knows from elsewhere, such as a certificate: EXTERNAL.
    External,
    /// Nothing: ANONYMOUS.
    Anonymous {
        /// What the client says about itself; may be empty.
        trace: String,
    },
}

impl Credentials {
    /// A name and a password.
    pub fn password(name: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::Password {
            name: name.into(),
            password: password.into(),
        }
    }

    /// A name and a bearer token.
    pub fn token(name: impl Into<String>, token: impl Into<Secret>) -> Self {
        Self::Token {
            name: name.into(),
            token: token.into(),
        }
    }

    /// What they are good for, the best first.
    const fn mechanisms(&self) -> &'static [Mechanism] {
        match self {
            Self::Password { .. } => &[
                #[cfg(feature = "scram")]
                Mechanism::SCRAM_SHA_256_PLUS,
                #[cfg(feature = "scram")]
                Mechanism::SCRAM_SHA_1_PLUS,
                #[cfg(feature = "scram")]
                Mechanism::SCRAM_SHA_256,
                #[cfg(feature = "scram")]
                Mechanism::SCRAM_SHA_1,
                #[cfg(feature = "scram")]
                Mechanism::CRAM_MD5,
                Mechanism::PLAIN,
                Mechanism::LOGIN,
            ],
            Self::Token { .. } => &[Mechanism::OAUTHBEARER, Mechanism::XOAUTH2],
            Self::External => &[Mechanism::EXTERNAL],
            Self::Anonymous { .. } => &[Mechanism::ANONYMOUS],
        }
    }
}

/// Chooses the strongest mechanism that the server offers and that the
/// credentials are good for, and after that the next.
///
/// [`Client::mechanisms`](crate::client::Client::mechanisms) has what is
/// offered and may be used: without TLS none that shows a password or a token.
/// There is an example in the [module](super).
pub struct Chooser {
    credentials: Credentials,
    /// How many of the credentials' mechanisms have had their turn.
    passed: usize,
    /// Whether one of those chosen was bound to the channel.
    is_bound: bool,
    host: Option<(String, u16)>,
    #[cfg(feature = "scram")]
    nonce: Option<Nonce>,
    #[cfg(feature = "scram")]
    binding: Option<ChannelBinding>,
}

impl Chooser {
    /// Nothing is chosen yet.
    #[must_use]
    pub const fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            passed: 0,
            is_bound: false,
            host: None,
            #[cfg(feature = "scram")]
            nonce: None,
            #[cfg(feature = "scram")]
            binding: None,
        }
    }

    /// Names the host and the port connected to: OAUTHBEARER says so, and the
    /// server can tell that a token was meant for it (RFC 7628 §3.1).
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>, port: u16) -> Self {
        self.host = Some((host.into(), port));
        self
    }

    /// Gives SCRAM its nonce: fresh, and random. Without one it is not chosen.
    #[cfg(feature = "scram")]
    #[must_use]
    pub fn with_nonce(mut self, nonce: Nonce) -> Self {
        self.nonce = Some(nonce);
        self
    }

    /// Binds SCRAM to a TLS channel. Without, no `-PLUS` is chosen; with it,
    /// nothing else is chosen behind one: whoever is on the channel could make
    /// each `-PLUS` fail, and wait for the password (RFC 5802 §6).
    #[cfg(feature = "scram")]
    #[must_use]
    pub fn with_binding(mut self, binding: ChannelBinding) -> Self {
        self.binding = Some(binding);
        self
    }

    /// The best mechanism that has not been chosen yet; `None`: there is no
    /// other. One that cannot carry the credentials, such as a name that is not
    /// in US-ASCII, is passed over.
    pub fn choose(
        &mut self,
        offered: impl IntoIterator<Item = Mechanism>,
    ) -> Option<Box<dyn ClientMechanism>> {
        let offered: Vec<_> = offered.into_iter().collect();
        let ranking = self.credentials.mechanisms();
        while let Some(mechanism) = ranking.get(self.passed) {
            self.passed += 1;
            if !offered.contains(mechanism) || self.is_bound && !is_plus(*mechanism) {
                continue;
            }
            if let Some(Ok(made)) = self.make(*mechanism) {
                self.is_bound = is_plus(*mechanism);
                return Some(made);
            }
        }
        None
    }

    /// `None`: there is no nonce, or no channel.
    fn make(
        &self,
        mechanism: Mechanism,
    ) -> Option<Result<Box<dyn ClientMechanism>, CredentialsError>> {
        Some(match &self.credentials {
            Credentials::Password { name, password } => match mechanism {
                Mechanism::PLAIN => boxed(PlainClient::new(name, password)),
                Mechanism::LOGIN => boxed(LoginClient::new(name, password)),
                #[cfg(feature = "scram")]
                Mechanism::CRAM_MD5 => boxed(CramMd5Client::new(name, password)),
                #[cfg(feature = "scram")]
                _ => boxed(self.scram(mechanism, name, password)?),
                #[cfg(not(feature = "scram"))]
                _ => return None,
            },
            Credentials::Token { name, token } => match (mechanism, &self.host) {
                (Mechanism::XOAUTH2, _) => boxed(XOAuth2Client::new(name, token)),
                (_, None) => boxed(OAuthBearerClient::new(Some(name), token)),
                (_, Some((host, port))) => boxed(
                    OAuthBearerClient::new(Some(name), token)
                        .and_then(|client| client.with_host(host, *port)),
                ),
            },
            Credentials::External => boxed(ExternalClient::new(None)),
            Credentials::Anonymous { trace } => boxed(AnonymousClient::new(trace)),
        })
    }

    #[cfg(feature = "scram")]
    fn scram(
        &self,
        mechanism: Mechanism,
        name: &str,
        password: &Secret,
    ) -> Option<Result<ScramClient, CredentialsError>> {
        let hash = match mechanism {
            Mechanism::SCRAM_SHA_1 | Mechanism::SCRAM_SHA_1_PLUS => Hash::Sha1,
            _ => Hash::Sha256,
        };
        // Not the same nonce in each try.
        let nonce = self.nonce.as_ref()?.numbered(self.passed);
        let client = ScramClient::new(hash, name, password, nonce);
        Some(match (&self.binding, is_plus(mechanism)) {
            (Some(binding), true) => client.map(|client| client.with_binding(binding.clone())),
            (None, true) => return None,
            // RFC 5802 §6: no `-PLUS` was offered; a server that did offer one
            // will notice.
            (Some(_), false) => client.map(ScramClient::missing_binding),
            (None, false) => client,
        })
    }
}

/// Whether it is bound to a TLS channel.
fn is_plus(mechanism: Mechanism) -> bool {
    mechanism.as_str().ends_with("-PLUS")
}

fn boxed<M: ClientMechanism + 'static>(
    mechanism: Result<M, CredentialsError>,
) -> Result<Box<dyn ClientMechanism>, CredentialsError> {
    mechanism.map(|mechanism| Box::new(mechanism) as _)
}

impl fmt::Debug for Chooser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chooser")
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}
