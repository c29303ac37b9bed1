//! The server's side of PLAIN, LOGIN, XOAUTH2 and OAUTHBEARER.

use ehlo::Secret;
use ehlo::server::{AuthStep, Authenticated, Rejection};
use ehlo::types::Mechanism;

use crate::options::Options;

/// What an exchange comes to next.
pub(crate) type Answer = Result<AuthStep, Rejection>;

/// The mechanisms that there are credentials for, the best first.
pub(crate) fn mechanisms(options: &Options) -> Vec<Mechanism> {
    let mut mechanisms = Vec::new();
    if options.token.is_some() {
        mechanisms.extend([Mechanism::OAUTHBEARER, Mechanism::XOAUTH2]);
    }
    if options.user.is_some() {
        mechanisms.extend([Mechanism::PLAIN, Mechanism::LOGIN]);
    }
    mechanisms
}

/// An exchange that is going on: what the client is to say next.
pub(crate) enum Dialogue {
    /// PLAIN (RFC 4616): all at once.
    Plain,
    /// LOGIN: the name.
    Name,
    /// LOGIN: the password.
    Password(String),
    /// OAUTHBEARER (RFC 7628).
    OAuthBearer,
    /// XOAUTH2.
    XOAuth2,
    /// Nothing, in answer to the report that its token is not valid.
    Acknowledgement,
}

impl Dialogue {
    /// An exchange begins, perhaps with something said already.
    pub(crate) fn begin(
        mechanism: Mechanism,
        initial: Option<&Secret>,
        options: &Options,
    ) -> (Self, Answer) {
        let dialogue = match mechanism {
            Mechanism::LOGIN => Self::Name,
            Mechanism::OAUTHBEARER => Self::OAuthBearer,
            Mechanism::XOAUTH2 => Self::XOAuth2,
            _ => Self::Plain,
        };
        match (initial, &dialogue) {
            (Some(said), _) => dialogue.go_on(said, options),
            (None, Self::Name) => (dialogue, Ok(challenge("Username:"))),
            (None, _) => (dialogue, Ok(challenge(""))),
        }
    }

    /// The client has said something.
    pub(crate) fn go_on(self, said: &Secret, options: &Options) -> (Self, Answer) {
        match self {
            Self::Plain => (self, verdict(plain(said, options))),
            Self::Name => match said.expose_str() {
                Some(name) => (Self::Password(name.to_owned()), Ok(challenge("Password:"))),
                None => (self, Err(Rejection::BAD_CREDENTIALS)),
            },
            Self::Password(name) => {
                let known = knows(options, &name, said);
                (Self::Name, verdict(known.then_some(name)))
            }
            Self::OAuthBearer => oauth(oauth_bearer(said, options)),
            Self::XOAuth2 => oauth(xoauth2(said, options)),
            Self::Acknowledgement => (self, Err(Rejection::BAD_CREDENTIALS)),
        }
    }
}

fn challenge(text: &str) -> AuthStep {
    AuthStep::Challenge(Secret::from(text))
}

fn verdict(identity: Option<String>) -> Answer {
    identity
        .map(|identity| AuthStep::Done(Authenticated::new(identity)))
        .ok_or(Rejection::BAD_CREDENTIALS)
}

/// A token that is not valid is reported before the exchange fails (RFC 7628
/// §3.2.2, §3.2.3).
fn oauth(identity: Option<String>) -> (Dialogue, Answer) {
    let answer = match identity {
        Some(_) => verdict(identity),
        None => Ok(challenge(r#"{"status":"invalid_token"}"#)),
    };
    (Dialogue::Acknowledgement, answer)
}

/// `[authzid] NUL name NUL password`.
fn plain(said: &Secret, options: &Options) -> Option<String> {
    let mut parts = said.expose_str()?.split('\0');
    let (authzid, name, password) = (parts.next()?, parts.next()?, parts.next()?);
    // Nobody acts for somebody else here.
    let may = parts.next().is_none() && (authzid.is_empty() || authzid == name);
    (knows(options, name, &Secret::from(password)) && may).then(|| name.to_owned())
}

/// `n,a=NAME, ^A … ^A auth=Bearer TOKEN ^A ^A`.
fn oauth_bearer(said: &Secret, options: &Options) -> Option<String> {
    let (header, fields) = said.expose_str()?.split_once('\x01')?;
    let name = header.strip_prefix("n,a=")?.strip_suffix(',')?;
    bearer(fields, options)?;
    Some(name.replace("=2C", ",").replace("=3D", "="))
}

/// `user=NAME ^A auth=Bearer TOKEN ^A ^A`.
fn xoauth2(said: &Secret, options: &Options) -> Option<String> {
    let (user, fields) = said.expose_str()?.split_once('\x01')?;
    bearer(fields, options)?;
    user.strip_prefix("user=").map(str::to_owned)
}

fn bearer(fields: &str, options: &Options) -> Option<()> {
    let authorization = fields.strip_suffix("\x01\x01")?.split('\x01');
    let mut authorization = authorization.filter_map(|field| field.strip_prefix("auth="));
    let (scheme, token) = authorization.next()?.split_once(' ')?;
    // `Secret` compares in constant time.
    let is_valid = options.token.as_ref() == Some(&Secret::from(token));
    (scheme.eq_ignore_ascii_case("Bearer") && is_valid).then_some(())
}

/// Whether that is the user's name and password; both are looked at in
/// constant time.
fn knows(options: &Options, name: &str, password: &Secret) -> bool {
    options.user.as_ref().is_some_and(|(user, right)| {
        let is_user = Secret::from(user.as_str()) == Secret::from(name);
        (right == password) & is_user
    })
}
