//! Lets clients in: what mechanisms there are, and what they ask.

use std::io;

use ehlo::Secret;
use ehlo::sasl::{
    self, CramMd5Server, Decoy, Hash, Nonce, Question, ScramKeys, ScramServer, ServerMechanism,
    ServerStep, Verdict,
};
use ehlo::server::{Answer, Auth, Rejection};
use ehlo::types::{Domain, Mechanism};
use tokio_rustls::rustls::crypto::ring;

use crate::connection::Channel;
use crate::options::Options;

/// How often a password is hashed: as often as RFC 7677 §4 asks at least.
const ITERATIONS: u32 = 4096;

/// Who is nobody: has authenticated, but may do no more than before.
pub(crate) const NOBODY: &str = "anonymous";

/// The mechanisms that there are credentials for, the best first.
pub(crate) fn mechanisms(options: &Options) -> Vec<Mechanism> {
    let mut mechanisms = Vec::new();
    if options.client_ca.is_some() {
        mechanisms.push(Mechanism::EXTERNAL);
    }
    if options.user.is_some() {
        mechanisms.extend([
            Mechanism::SCRAM_SHA_256_PLUS,
            Mechanism::SCRAM_SHA_1_PLUS,
            Mechanism::SCRAM_SHA_256,
            Mechanism::SCRAM_SHA_1,
            Mechanism::CRAM_MD5,
        ]);
    }
    if options.token.is_some() {
        mechanisms.extend([Mechanism::OAUTHBEARER, Mechanism::XOAUTH2]);
    }
    if options.user.is_some() {
        mechanisms.extend([Mechanism::PLAIN, Mechanism::LOGIN]);
    }
    if options.anonymous {
        mechanisms.push(Mechanism::ANONYMOUS);
    }
    mechanisms
}

/// Who is known here, and by what.
pub(crate) struct Accounts {
    host: Domain<'static>,
    user: Option<User>,
    token: Option<Secret>,
    anonymous: bool,
    decoy: Decoy,
}

struct User {
    name: String,
    /// A server that has no need of CRAM-MD5 would store a hash for PLAIN and
    /// LOGIN, and the keys.
    password: Secret,
    keys: [ScramKeys; 2],
}

impl Accounts {
    pub(crate) fn new(options: &Options) -> Result<Self, Box<dyn std::error::Error>> {
        let user = options.user.as_ref().map(|(name, password)| {
            // A salt for each, as the decoy has it.
            let derive = |hash| -> Result<_, Box<dyn std::error::Error>> {
                let salt = random::<16>()?;
                Ok(ScramKeys::derive(hash, password, &salt, ITERATIONS)?)
            };
            Ok::<_, Box<dyn std::error::Error>>(User {
                name: name.clone(),
                password: password.clone(),
                keys: [derive(Hash::Sha1)?, derive(Hash::Sha256)?],
            })
        });
        Ok(Self {
            host: options.hostname.parse()?,
            user: user.transpose()?,
            token: options.token.clone(),
            anonymous: options.anonymous,
            decoy: Decoy::new(random::<32>()?.to_vec(), ITERATIONS),
        })
    }

    /// An exchange begins, on that channel if there is TLS.
    pub(crate) fn begin(
        &self,
        mechanism: Mechanism,
        channel: Option<&Channel>,
    ) -> Option<Box<dyn ServerMechanism>> {
        let nonce = Nonce::from_random(random().ok()?);
        if mechanism == Mechanism::CRAM_MD5 {
            return Some(Box::new(CramMd5Server::new(&nonce, &self.host)));
        }
        match ScramServer::new(mechanism, nonce, self.decoy.clone()) {
            Some(scram) => {
                let binding = channel.map(|channel| channel.binding.clone());
                Some(Box::new(scram.with_bindings(binding)))
            }
            None => sasl::server_mechanism(mechanism),
        }
    }

    /// What the machine is to be told, once no question is left.
    pub(crate) fn settle(
        &self,
        mechanism: &mut dyn ServerMechanism,
        step: Result<ServerStep, sasl::Failure>,
        channel: Option<&Channel>,
    ) -> Answer<Auth> {
        let mut step = step;
        loop {
            match step {
                Ok(ServerStep::Ask(question)) => {
                    step = mechanism.verdict(self.judge(question, channel));
                }
                Ok(ServerStep::Answer(answer)) => return Ok(answer),
                Err(failure) => return Err(Rejection::from(failure)),
            }
        }
    }

    /// Nobody acts for somebody else here.
    fn judge(&self, question: Question, channel: Option<&Channel>) -> Verdict {
        let verdict = match question {
            Question::Password { name, password } => self
                .knows(&name, &password)
                .then_some(Verdict::Accept(name)),
            // A token here is everybody's.
            Question::Token { name, token, .. } if self.token.as_ref() == Some(&token) => {
                name.map(Verdict::Accept)
            }
            Question::Secret { name } => self
                .user(&name)
                .map(|user| Verdict::Secret(user.password.clone())),
            Question::Keys { name, hash } => self
                .user(&name)
                .and_then(|user| user.keys.iter().find(|keys| keys.hash() == hash))
                .map(|keys| Verdict::Keys(keys.clone())),
            Question::External { authzid } => channel
                .and_then(|channel| channel.client.clone())
                .filter(|name| authzid.is_none_or(|authzid| authzid == *name))
                .map(Verdict::Accept),
            Question::Anonymous { .. } if self.anonymous => {
                Some(Verdict::Accept(NOBODY.to_owned()))
            }
            _ => None,
        };
        verdict.unwrap_or(Verdict::Reject)
    }

    /// Whether that is the user's name and password; both are looked at in
    /// constant time.
    fn knows(&self, name: &str, password: &Secret) -> bool {
        self.user.as_ref().is_some_and(|user| {
            let is_user = Secret::from(user.name.as_str()) == Secret::from(name);
            (user.password == *password) & is_user
        })
    }

    fn user(&self, name: &str) -> Option<&User> {
        self.user.as_ref().filter(|user| user.name == name)
    }
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut octets = [0; N];
    let random = ring::default_provider().secure_random;
    random
        .fill(&mut octets)
        .map_err(|_| io::Error::other("no randomness"))?;
    Ok(octets)
}
