//! OAUTHBEARER (RFC 7628) and XOAUTH2, which no RFC defines: a token.
//!
//! Where the token is not valid, the server says so in a challenge, which the
//! client answers with next to nothing; only then the exchange fails (RFC 7628
//! §3.2.3).

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::mem;

use super::error::{CredentialsError, Failure, MechanismError};
use super::step::{Question, ServerStep, Verdict};
use super::{ClientMechanism, ServerMechanism, check, saslname, text};
use crate::Secret;
use crate::types::Mechanism;

/// Between the fields of a message (RFC 7628 §3.1).
const SEPARATOR: &str = "\x01";

/// RFC 6750 §2.1 has the characters of a token, RFC 7628 §3.1 those of a value.
fn check_token(token: &Secret) -> Result<&str, CredentialsError> {
    check(token.expose(), |octet| octet.is_ascii_graphic())?;
    token.expose_str().ok_or(CredentialsError::Character)
}

fn check_name(name: &str) -> Result<(), CredentialsError> {
    check(name.as_bytes(), |octet| !octet.is_ascii_control())
}

/// The client's side of OAUTHBEARER.
#[derive(Debug)]
pub struct OAuthBearerClient {
    /// Up to the fields.
    header: String,
    token: Secret,
    is_refused: bool,
}

impl OAuthBearerClient {
    /// Shows a token, which is `name`'s; without a name, the token says whose.
    ///
    /// # Errors
    ///
    /// One of them is empty, or has characters that it cannot have.
    pub fn new(name: Option<&str>, token: &Secret) -> Result<Self, CredentialsError> {
        check_token(token)?;
        let authzid = match name {
            None => String::new(),
            Some(name) => {
                check_name(name)?;
                format!("a={}", saslname::encode(name))
            }
        };
        Ok(Self {
            header: format!("n,{authzid},{SEPARATOR}"),
            token: token.clone(),
            is_refused: false,
        })
    }

    /// Names the host and the port that it connected to (RFC 7628 §3.1).
    ///
    /// # Errors
    ///
    /// The host is empty, or has characters that it cannot have.
    pub fn with_host(mut self, host: &str, port: u16) -> Result<Self, CredentialsError> {
        check(host.as_bytes(), |octet| octet.is_ascii_graphic())?;
        let fields = format!("host={host}{SEPARATOR}port={port}{SEPARATOR}");
        self.header.push_str(&fields);
        Ok(self)
    }
}

impl ClientMechanism for OAuthBearerClient {
    fn mechanism(&self) -> Mechanism {
        Mechanism::OAUTHBEARER
    }

    fn initial_response(&mut self) -> Option<Secret> {
        let token = mem::take(&mut self.token);
        Some(message(&self.header, &token))
    }

    /// The only challenge there is says that the token is not valid.
    fn respond(&mut self, _: &Secret) -> Result<Secret, MechanismError> {
        match mem::replace(&mut self.is_refused, true) {
            false => Ok(Secret::from(SEPARATOR)),
            true => Err(MechanismError::Unexpected),
        }
    }
}

/// The client's side of XOAUTH2.
#[derive(Debug)]
pub struct XOAuth2Client {
    message: Secret,
    is_refused: bool,
}

impl XOAuth2Client {
    /// Shows a token, which is `name`'s.
    ///
    /// # Errors
    ///
    /// One of them is empty, or has characters that it cannot have.
    pub fn new(name: &str, token: &Secret) -> Result<Self, CredentialsError> {
        check_token(token)?;
        check_name(name)?;
        Ok(Self {
            message: message(&format!("user={name}{SEPARATOR}"), token),
            is_refused: false,
        })
    }
}

impl ClientMechanism for XOAuth2Client {
    fn mechanism(&self) -> Mechanism {
        Mechanism::XOAUTH2
    }

    fn initial_response(&mut self) -> Option<Secret> {
        Some(mem::take(&mut self.message))
    }

    /// The only challenge there is says that the token is not valid.
    fn respond(&mut self, _: &Secret) -> Result<Secret, MechanismError> {
        match mem::replace(&mut self.is_refused, true) {
            false => Ok(Secret::default()),
            true => Err(MechanismError::Unexpected),
        }
    }
}

fn message(header: &str, token: &Secret) -> Secret {
    let token = token.expose();
    let end = SEPARATOR.as_bytes();
    Secret::from([header.as_bytes(), b"auth=Bearer ", token, end, end].concat())
}

/// The server's side of OAUTHBEARER. Asks whether the
/// [token](Question::Token) is valid.
#[derive(Debug, Default)]
pub struct OAuthBearerServer(State);

/// The server's side of XOAUTH2. Asks whether the [token](Question::Token) is
/// valid.
#[derive(Debug, Default)]
pub struct XOAuth2Server(State);

#[derive(Debug, Default)]
enum State {
    #[default]
    Begun,
    Asked,
    /// The token is not valid; the client has been told.
    Refused,
    Over,
}

impl OAuthBearerServer {
    /// An exchange that begins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl XOAuth2Server {
    /// An exchange that begins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl ServerMechanism for OAuthBearerServer {
    fn mechanism(&self) -> Mechanism {
        Mechanism::OAUTHBEARER
    }

    fn respond(&mut self, response: &Secret) -> Result<ServerStep, Failure> {
        self.0.hear(response, |message| {
            // gs2-header kvsep *kvpair kvsep; there is no channel binding.
            let (header, fields) = message.split_once(SEPARATOR)?;
            let mut parts = header.split(',');
            let (Some("n" | "y"), Some(authzid), Some(""), None) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return None;
            };
            let name = match authzid {
                "" => None,
                authzid => Some(saslname::decode(authzid.strip_prefix("a=")?)?),
            };
            read_fields(name, fields)
        })
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<ServerStep, Failure> {
        self.0.settle(verdict)
    }
}

impl ServerMechanism for XOAuth2Server {
    fn mechanism(&self) -> Mechanism {
        Mechanism::XOAUTH2
    }

    fn respond(&mut self, response: &Secret) -> Result<ServerStep, Failure> {
        self.0.hear(response, |message| {
            let (user, fields) = message.split_once(SEPARATOR)?;
            let name = user.strip_prefix("user=")?;
            read_fields((!name.is_empty()).then(|| name.to_owned()), fields)
        })
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<ServerStep, Failure> {
        self.0.settle(verdict)
    }
}

impl State {
    fn hear(
        &mut self,
        response: &Secret,
        read: impl Fn(&str) -> Option<Claim>,
    ) -> Result<ServerStep, Failure> {
        match mem::replace(self, Self::Over) {
            Self::Begun => {
                let claim = read(text(response)?).ok_or(Failure::Malformed)?;
                if claim.token.is_empty() {
                    return Ok(self.refuse());
                }
                *self = Self::Asked;
                Ok(ServerStep::Ask(Question::Token {
                    name: claim.name,
                    token: claim.token,
                    host: claim.host,
                    port: claim.port,
                }))
            }
            // Whatever the client says to it.
            Self::Refused => Err(Failure::Refused),
            Self::Asked | Self::Over => Err(Failure::OutOfStep),
        }
    }

    fn settle(&mut self, verdict: Verdict) -> Result<ServerStep, Failure> {
        let Self::Asked = mem::replace(self, Self::Over) else {
            return Err(Failure::OutOfStep);
        };
        match verdict.identity() {
            Ok(identity) => Ok(ServerStep::done(identity)),
            Err(Failure::Refused) => Ok(self.refuse()),
            Err(failure) => Err(failure),
        }
    }

    /// RFC 7628 §3.2.2
    fn refuse(&mut self) -> ServerStep {
        *self = Self::Refused;
        ServerStep::challenge(Secret::from(r#"{"status":"invalid_token"}"#))
    }
}

/// What a client's message says.
struct Claim {
    name: Option<String>,
    /// May be empty: the client wants to hear what would be taken.
    token: Secret,
    host: Option<String>,
    port: Option<u16>,
}

/// `auth=Bearer TOKEN`, `host=` and `port=`; what else there is says nothing
/// (RFC 7628 §3.1).
fn read_fields(name: Option<String>, fields: &str) -> Option<Claim> {
    let fields = fields.strip_suffix("\x01\x01")?;
    let (mut token, mut host, mut port) = (None, None, None);
    for field in fields.split(SEPARATOR) {
        let (key, value) = field.split_once('=')?;
        let is_new = match key {
            "auth" => token.replace(bearer(value)?).is_none(),
            "host" => host.replace(value.to_owned()).is_none(),
            "port" => port.replace(value.parse().ok()?).is_none(),
            _ => true,
        };
        if !is_new {
            return None;
        }
    }
    Some(Claim {
        name,
        token: token?,
        host,
        port,
    })
}

/// RFC 6750 §2.1; the scheme is in any case (RFC 9110 §11.1).
fn bearer(value: &str) -> Option<Secret> {
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let is_bearer = scheme.eq_ignore_ascii_case("Bearer") || value.is_empty();
    is_bearer.then(|| Secret::from(token.trim_start_matches(' ')))
}
