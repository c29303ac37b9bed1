//! What each makes of a line, in one form for all.

use std::fmt::Display;

use ehlo::codec::{Part, Syntax};
use ehlo::types::{self, Argument, ByMode, Command, NoSupportAction, Ret, SubmitterIdentity, Verb};
use smtp_proto as proto;

use crate::shared::lines;

/// The verb, and what is said behind it: a name and a value each. What a
/// parser does not know, or has no place for, is not there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct View {
    pub facts: Vec<(&'static str, String)>,
}

impl View {
    fn of(verb: &str) -> Self {
        let mut view = Self::default();
        view.add("verb", verb);
        view
    }

    fn add(&mut self, name: &'static str, value: impl Display) {
        self.facts.push((name, value.to_string()));
    }

    fn add_some(&mut self, name: &'static str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.add(name, value);
        self
    }

    /// The first fact that is another one there.
    pub fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let value = |view: &Self, name| {
            let fact = view.facts.iter().find(|(known, _)| *known == name);
            fact.map(|(_, value)| value.clone())
        };
        let names = self.facts.iter().chain(&other.facts).map(|(name, _)| *name);
        names
            .map(|name| (name, value(self, name), value(other, name)))
            .find(|(_, mine, other)| mine != other)
            .map(|(name, mine, other)| {
                let none = || "(nothing)".to_owned();
                (name, mine.unwrap_or_else(none), other.unwrap_or_else(none))
            })
    }
}

/// Why ehlo refuses a line.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    pub verb: Verb,
    /// `None`: a verb that it does not know.
    pub part: Option<Part>,
    pub offset: usize,
}

pub fn parse(line: &[u8]) -> Result<Command<'_>, Refusal> {
    match Command::parse(line, &Syntax::STRICT) {
        Ok(Command::Unknown(_)) => Err(Refusal {
            verb: Verb::Unknown,
            part: None,
            offset: 0,
        }),
        Ok(command) => Ok(command),
        Err(error) => Err(Refusal {
            verb: error.verb(),
            part: Some(error.part()),
            offset: error.offset(),
        }),
    }
}

fn text<'a>(argument: Option<&'a Argument<'_>>) -> &'a str {
    argument.map_or("", Argument::as_str)
}

/// An initial response as it is written: an empty one is `=` (RFC 4954 §4).
fn initial<'a>(response: Option<&'a types::SaslMessage<'_>>) -> &'a str {
    match response {
        None => "",
        Some(response) if response.is_empty() => "=",
        Some(response) => response.expose_base64(),
    }
}

/// What smtp-proto should see in what ehlo sees.
pub fn for_smtp_proto(command: &Command<'_>) -> View {
    let view = View::of(command.verb().as_str());
    match command {
        Command::Ehlo(name) | Command::Helo(name) | Command::Lhlo(name) => view.with("name", name),
        Command::Mail {
            reverse_path,
            parameters,
        } => {
            let path = reverse_path.mailbox().map(address).unwrap_or_default();
            mail_parameters(view.with("path", path), parameters)
        }
        Command::Rcpt {
            forward_path,
            parameters,
        } => {
            let path = forward_path.mailbox().map(address).unwrap_or_default();
            rcpt_parameters(view.with("path", path), parameters)
        }
        Command::Bdat { size, last } => view.with("size", size).with("last", last),
        Command::Auth {
            initial_response, ..
        } => view.with("response", initial(initial_response.as_ref())),
        Command::Noop(argument) | Command::Help(argument) => {
            view.with("argument", text(argument.as_ref()))
        }
        Command::Vrfy(argument) | Command::Expn(argument) => view.with("argument", argument),
        Command::Etrn(target) => view.with("argument", target),
        Command::Atrn(domains) => {
            let domains = domains.as_ref().map(|domains| domains.as_str().to_owned());
            view.with("argument", domains.unwrap_or_default())
        }
        Command::Burl { uri, last } => view.with("uri", uri).with("last", last),
        _ => view,
    }
}

/// As smtp-proto gives it: without quotes and without source route.
fn address(mailbox: &types::Mailbox<'_>) -> String {
    let local_part = mailbox.local_part();
    let host = &mailbox.as_str()[local_part.as_str().len()..];
    format!("{}{host}", local_part.unquoted())
}

fn mail_parameters(mut view: View, parameters: &types::MailParameters<'_>) -> View {
    view.add("SIZE", parameters.size().unwrap_or(0));
    view.add_some("BODY", parameters.body());
    view.add("SMTPUTF8", parameters.smtputf8());
    view.add("REQUIRETLS", parameters.require_tls());
    view.add("CONPERM", parameters.conperm());
    view.add_some("RET", parameters.ret());
    view.add_some("ENVID", parameters.envid());
    view.add_some(
        "AUTH",
        parameters.auth().map(|identity| match &identity {
            SubmitterIdentity::Mailbox(mailbox) => mailbox.as_str().to_owned(),
            _ => "<>".to_owned(),
        }),
    );
    view.add_some(
        "BY",
        parameters.deliver_by().map(|by| {
            let mode = if by.mode() == ByMode::Return {
                "R"
            } else {
                "N"
            };
            format!(
                "{};{mode}{}",
                by.seconds(),
                if by.trace() { "T" } else { "" }
            )
        }),
    );
    view.add("HOLDFOR", parameters.hold_for().unwrap_or(0));
    view.add(
        "HOLDUNTIL",
        parameters.hold_until().map_or(0, types::DateTime::to_unix),
    );
    view.add(
        "MT-PRIORITY",
        parameters.priority().map_or(0, types::Priority::get),
    );
    view.add_some("SOLICIT", parameters.solicit());
    view.add_some("TRANSID", parameters.transaction_id());
    view.add_some(
        "MTRK",
        parameters.tracking().map(|tracking| {
            format!(
                "{}:{}",
                tracking.certifier(),
                tracking.timeout().unwrap_or(0)
            )
        }),
    );
    view
}

fn rcpt_parameters(mut view: View, parameters: &types::RcptParameters<'_>) -> View {
    view.add_some("NOTIFY", parameters.notify());
    view.add_some(
        "ORCPT",
        parameters
            .original_recipient()
            .map(|original| original.address().into_owned()),
    );
    view.add_some(
        "RRVS",
        parameters.valid_since().map(|since| {
            let action = if since.no_support() == NoSupportAction::Reject {
                "R"
            } else {
                "C"
            };
            format!("{};{action}", since.date().to_unix())
        }),
    );
    view.add("CONNEG", parameters.conneg());
    view
}

pub fn smtp_proto(line: &[u8]) -> Result<View, String> {
    let line = lines::terminated(line);
    let mut octets = line.iter();
    let request = proto::Request::parse(&mut octets).map_err(|error| match error {
        // The text names the parameter as it was written.
        proto::Error::UnsupportedParameter { .. } => "Unsupported parameter".to_owned(),
        error => error.to_string(),
    })?;
    let mut view = View::of(request.name());
    if !octets.as_slice().is_empty() {
        view.add("left over", octets.as_slice().escape_ascii());
    }
    Ok(match request {
        proto::Request::Ehlo { host }
        | proto::Request::Lhlo { host }
        | proto::Request::Helo { host } => view.with("name", host),
        proto::Request::Mail { from } => mail_from(view, &from),
        proto::Request::Rcpt { to } => rcpt_to(view, &to),
        proto::Request::Bdat {
            chunk_size,
            is_last,
        } => view.with("size", chunk_size).with("last", is_last),
        proto::Request::Auth {
            initial_response, ..
        } => view.with("response", initial_response),
        proto::Request::Noop { value }
        | proto::Request::Vrfy { value }
        | proto::Request::Expn { value }
        | proto::Request::Help { value } => view.with("argument", value),
        proto::Request::Etrn { name } => view.with("argument", name),
        proto::Request::Atrn { domains } => view.with("argument", domains.join(",")),
        proto::Request::Burl { uri, is_last } => view.with("uri", uri).with("last", is_last),
        _ => view,
    })
}

fn mail_from<T: Display>(view: View, from: &proto::MailFrom<T>) -> View {
    let is = |flag| from.flags & flag != 0;
    let mut view = view.with("path", &from.address);
    view.add("SIZE", from.size);
    let bodies = [
        (proto::MAIL_BODY_7BIT, "7BIT"),
        (proto::MAIL_BODY_8BITMIME, "8BITMIME"),
        (proto::MAIL_BODY_BINARYMIME, "BINARYMIME"),
    ];
    for (_, body) in bodies.into_iter().filter(|(flag, _)| is(*flag)) {
        view.add("BODY", body);
    }
    view.add("SMTPUTF8", is(proto::MAIL_SMTPUTF8));
    view.add("REQUIRETLS", is(proto::MAIL_REQUIRETLS));
    view.add("CONPERM", is(proto::MAIL_CONPERM));
    for (flag, ret) in [
        (proto::MAIL_RET_FULL, Ret::Full),
        (proto::MAIL_RET_HDRS, Ret::Headers),
    ] {
        view.add_some("RET", is(flag).then_some(ret));
    }
    view.add_some("ENVID", from.env_id.as_ref());
    view.add_some("AUTH", from.auth.as_ref());
    let modes = [(proto::MAIL_BY_NOTIFY, "N"), (proto::MAIL_BY_RETURN, "R")];
    for (_, mode) in modes.into_iter().filter(|(flag, _)| is(*flag)) {
        let trace = if is(proto::MAIL_BY_TRACE) { "T" } else { "" };
        view.add("BY", format!("{};{mode}{trace}", from.by));
    }
    view.add("HOLDFOR", from.hold_for);
    view.add("HOLDUNTIL", from.hold_until);
    view.add("MT-PRIORITY", from.mt_priority);
    view.add_some("SOLICIT", from.solicit.as_ref());
    view.add_some("TRANSID", from.trans_id.as_ref());
    let tracking = from.mtrk.as_ref();
    view.add_some(
        "MTRK",
        tracking.map(|mtrk| format!("{}:{}", mtrk.certifier, mtrk.timeout)),
    );
    view
}

fn rcpt_to<T: Display>(view: View, to: &proto::RcptTo<T>) -> View {
    let is = |flag| to.flags & flag != 0;
    let mut view = view.with("path", &to.address);
    let names = [
        (proto::RCPT_NOTIFY_NEVER, "NEVER"),
        (proto::RCPT_NOTIFY_SUCCESS, "SUCCESS"),
        (proto::RCPT_NOTIFY_FAILURE, "FAILURE"),
        (proto::RCPT_NOTIFY_DELAY, "DELAY"),
    ];
    let notify = names
        .into_iter()
        .filter(|(flag, _)| is(*flag))
        .map(|(_, name)| name);
    let notify = notify.collect::<Vec<_>>().join(",");
    view.add_some("NOTIFY", (!notify.is_empty()).then_some(notify));
    view.add_some("ORCPT", to.orcpt.as_ref());
    for (flag, action) in [
        (proto::RCPT_RRVS_REJECT, "R"),
        (proto::RCPT_RRVS_CONTINUE, "C"),
    ] {
        view.add_some("RRVS", is(flag).then(|| format!("{};{action}", to.rrvs)));
    }
    view.add("CONNEG", is(proto::RCPT_CONNEG));
    view
}

/// What mailrs should see in what ehlo sees.
pub fn for_mailrs(command: &Command<'_>) -> View {
    let view = View::of(command.verb().as_str());
    let listed = |parameters: Vec<types::Parameter<'_>>| {
        let parameters = parameters.iter().map(|parameter| {
            format!(
                "{}={}",
                parameter.name(),
                parameter.value().unwrap_or_default()
            )
        });
        parameters.collect::<Vec<_>>().join(" ")
    };
    match command {
        Command::Ehlo(name) | Command::Helo(name) => view.with("name", name),
        Command::Mail {
            reverse_path,
            parameters,
        } => view
            .with("path", reverse_path.as_str())
            .with("parameters", listed(parameters.iter().collect())),
        Command::Rcpt {
            forward_path,
            parameters,
        } => view
            .with("path", forward_path.as_str())
            .with("parameters", listed(parameters.iter().collect())),
        Command::Auth {
            initial_response, ..
        } => view.with("response", initial(initial_response.as_ref())),
        Command::Noop(argument) | Command::Help(argument) => {
            view.with("argument", text(argument.as_ref()))
        }
        Command::Vrfy(argument) => view.with("argument", argument),
        _ => view,
    }
}

pub fn mailrs(line: &[u8]) -> Result<View, String> {
    use mailrs_smtp_proto::{Command, ForwardPath, Param, ParseError, ReversePath, parse_command};

    let line = std::str::from_utf8(line).map_err(|_| "not UTF-8 (its caller's)".to_owned())?;
    let command = parse_command(line).map_err(|error| match error {
        ParseError::InvalidSyntax(why) if why.starts_with("unsupported AUTH") => {
            "unsupported AUTH mechanism".to_owned()
        }
        ParseError::InvalidSyntax(why) => why,
        error => format!("{error:?}"),
    })?;
    let listed = |parameters: Vec<Param<'_>>| {
        let parameters = parameters
            .iter()
            .map(|param| format!("{}={}", param.key, param.value));
        parameters.collect::<Vec<_>>().join(" ")
    };
    Ok(match command {
        Command::Ehlo(name) => View::of("EHLO").with("name", name),
        Command::Helo(name) => View::of("HELO").with("name", name),
        Command::MailFrom { path, params } => {
            let path = match path {
                ReversePath::Null => "",
                ReversePath::Path(path) => path,
            };
            View::of("MAIL")
                .with("path", path)
                .with("parameters", listed(params))
        }
        Command::RcptTo { path, params } => {
            let path = match path {
                ForwardPath::Postmaster => "Postmaster",
                ForwardPath::Path(path) => path,
            };
            View::of("RCPT")
                .with("path", path)
                .with("parameters", listed(params))
        }
        Command::Data => View::of("DATA"),
        Command::Rset => View::of("RSET"),
        Command::Quit => View::of("QUIT"),
        Command::StartTls => View::of("STARTTLS"),
        Command::Noop(argument) => View::of("NOOP").with("argument", argument.unwrap_or_default()),
        Command::Help(argument) => View::of("HELP").with("argument", argument.unwrap_or_default()),
        Command::Vrfy(argument) => View::of("VRFY").with("argument", argument),
        Command::Auth {
            initial_response, ..
        } => View::of("AUTH").with("response", initial_response.unwrap_or_default()),
        Command::AuthResponse(_) => View::of("(a response)"),
    })
}
