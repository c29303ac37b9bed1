//! The kinds of disagreement, and what decides each.

use ehlo::codec::Part;
use ehlo::types::{Command, Verb};

use super::view::{self, Refusal};
use super::{Case, What};

/// Who reads the RFC right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    Ehlo,
    /// Nowhere, as far as is known; if it turns up, ehlo has to change.
    #[allow(dead_code)]
    Rival,
    /// The RFC leaves it open, or the rival does not set out to know it.
    Open,
}

pub type Kind = (&'static str, Right, &'static str);

/// The kind that a case is of, if it is a known one.
pub fn of(case: &Case) -> Option<Kind> {
    match &case.what {
        What::Taken(refusal) => taken(case, *refusal),
        What::Refused(why) => refused(case, why),
        What::Value(name, ours, theirs) => value(case, name, ours, theirs),
    }
}

/// The rival takes what ehlo refuses.
fn taken(case: &Case, refusal: Refusal) -> Option<Kind> {
    let Refusal { verb, part, offset } = refusal;
    let line = &case.line[..];
    let at = line.get(offset).copied();
    let before = line.get(..offset).unwrap_or(line);
    let ignores_octets = case.rival == "smtp-proto";
    if part == Some(Part::Line) {
        return Some((
            "octets that are not UTF-8",
            Right::Ehlo,
            "RFC 5321 §2.3.1, §4.1.2: commands are ASCII; RFC 6531 §3.3 adds UTF-8 and nothing else",
        ));
    }
    if ignores_octets
        && line.contains(&b'\n')
        && before.contains(&b'\n') | (at == Some(b'\n')) | (part.is_none())
    {
        return Some((
            "a bare LF ends the command",
            Right::Ehlo,
            "RFC 5321 §2.3.8: lines end with CR LF and nothing else; what follows is read as the next command",
        ));
    }
    if ignores_octets && line.contains(&b'\r') {
        return Some((
            "a bare CR is skipped wherever it stands",
            Right::Ehlo,
            "RFC 5321 §2.3.8: CR MUST NOT be sent but as part of CR LF; §4.1.2: in no production",
        ));
    }
    if ignores_octets && verb == Verb::Unknown && line.first() == Some(&b' ') {
        return Some((
            "blanks before the verb",
            Right::Ehlo,
            "RFC 5321 §4.1.1: a command begins with its verb",
        ));
    }
    if matches!(at, Some(0..=31 | 127)) {
        return Some((
            "a control character",
            Right::Ehlo,
            "RFC 5321 §4.1.2: in no production; §4.1.1.1, §4.1.3 for EHLO. (VRFY, EXPN, NOOP, HELP: String is Atom or Quoted-string, neither has any)",
        ));
    }
    match verb {
        Verb::Ehlo | Verb::Helo | Verb::Lhlo => hello(at, before),
        Verb::Data | Verb::Rset | Verb::Quit | Verb::StartTls => Some((
            "an argument behind DATA, RSET, QUIT, STARTTLS",
            Right::Ehlo,
            "RFC 5321 §4.1.1.4, §4.1.1.5, §4.1.1.10: none is allowed, §4.3.2: 501; RFC 3207 §4: 501",
        )),
        Verb::Auth if part == Some(Part::Mechanism) => Some((
            "AUTH: not a mechanism name",
            Right::Ehlo,
            "RFC 4422 §3.1: 1*20 of letters, digits, hyphen and underscore",
        )),
        Verb::Auth => Some((
            "AUTH: not base64, or something behind it",
            Right::Ehlo,
            "RFC 4954 §4, §8: initial-response = base64 / \"=\"; RFC 4648 §4: padding to four, no other octets",
        )),
        Verb::Bdat => Some((
            "BDAT: a size beyond 64 bits, or something behind it that is not LAST",
            Right::Ehlo,
            "RFC 3030 §2: bdat-cmd ::= \"BDAT\" SP chunk-size [ SP end-marker ]; a wrong length loses the peer",
        )),
        Verb::Burl => Some((
            "BURL: not an absolute URI, or something behind it that is not LAST",
            Right::Ehlo,
            "RFC 4468 §3.5, RFC 3986 §4.3",
        )),
        Verb::Etrn => Some((
            "ETRN: not a node name",
            Right::Ehlo,
            "RFC 1985 §5: [option character] node name, where the node name is a domain",
        )),
        Verb::Atrn => Some((
            "ATRN: not a list of domains",
            Right::Ehlo,
            "RFC 2645 §5.2.1: domain *(\",\" domain), domain = sub-domain 1*(\".\" sub-domain)",
        )),
        Verb::Mail | Verb::Rcpt => path_or_parameter(case, refusal, at, before),
        _ => None,
    }
}

fn hello(at: Option<u8>, before: &[u8]) -> Option<Kind> {
    let in_literal = before.contains(&b'[') || at == Some(b'[');
    Some(match at {
        Some(b' ') if !in_literal => (
            "EHLO: more than one word",
            Right::Ehlo,
            "RFC 5321 §4.1.1.1: \"EHLO\" SP ( Domain / address-literal ) CRLF",
        ),
        None => (
            "EHLO: ends in the middle of a name",
            Right::Ehlo,
            "RFC 5321 §4.1.2: Domain, sub-domain end with Let-dig",
        ),
        _ if in_literal => (
            "EHLO: not an address literal",
            Right::Ehlo,
            "RFC 5321 §4.1.3 (IPv4: four numbers to 255; IPv6: tag and RFC 4291 address; else tag and dcontent)",
        ),
        _ => (
            "EHLO: not a domain",
            Right::Ehlo,
            "RFC 5321 §4.1.2: Domain, sub-domain. Real clients do it: odd_hello_names takes them",
        ),
    })
}

fn path_or_parameter(case: &Case, refusal: Refusal, at: Option<u8>, before: &[u8]) -> Option<Kind> {
    let line = &case.line[..];
    let bracket = before.iter().rposition(|octet| *octet == b'<');
    let host = before.iter().rposition(|octet| *octet == b'@');
    Some(match refusal.part? {
        Part::Argument if bracket.is_some() => (
            "no space between the path and what follows",
            Right::Ehlo,
            "RFC 5321 §4.1.1.2: [SP Mail-parameters]",
        ),
        Part::Argument => (
            "blanks, or more of them, around FROM and TO",
            Right::Ehlo,
            "RFC 5321 §4.1.1.2, §4.1.1.3: \"MAIL FROM:\", \"RCPT TO:\" with one space; extra_blanks takes more",
        ),
        Part::Path if at == Some(b'>') => (
            "RCPT TO:<>",
            Right::Ehlo,
            "RFC 5321 §4.1.1.3, §4.1.2: Forward-path = Path, which is not empty",
        ),
        Part::Path if matches!(at, Some(b' ' | b'\t')) => (
            "blanks between FROM: or TO: and the path",
            Right::Ehlo,
            "RFC 5321 §3.3: spaces are not permitted on either side of the colon; blanks_before_path takes them",
        ),
        Part::Path if before.len() > 250 => (
            "a path beyond 256 octets",
            Right::Open,
            "RFC 5321 §4.5.3.1.3; a minimum, so long_paths (a server's default) takes it",
        ),
        Part::Path if line.contains(&b'@') => (
            "a bad source route",
            Right::Ehlo,
            "RFC 5321 §4.1.2: A-d-l = At-domain *( \",\" At-domain ), then \":\" and a mailbox",
        ),
        Part::Path => (
            "a path without brackets, or without the second",
            Right::Ehlo,
            "RFC 5321 §4.1.2: Path = \"<\" … \">\"",
        ),
        Part::LocalPart
            if before.len() > 60 && bracket.is_some_and(|start| before.len() - start > 60) =>
        {
            (
                "a local part beyond 64 octets",
                Right::Open,
                "RFC 5321 §4.5.3.1.1; a minimum, so long_paths (a server's default) takes it",
            )
        }
        Part::LocalPart if at == Some(b'.') => (
            "dots at the ends of a local part, or in a row",
            Right::Ehlo,
            "RFC 5321 §4.1.2: Dot-string = Atom *(\".\" Atom); loose_dots takes them",
        ),
        Part::LocalPart => (
            "an octet that no local part has, or a quoted string that is not all of it",
            Right::Ehlo,
            "RFC 5321 §4.1.2: Local-part = Dot-string / Quoted-string",
        ),
        Part::Domain if host.is_none_or(|host| bracket.is_some_and(|start| host < start)) => (
            "a path without a domain",
            Right::Ehlo,
            "RFC 5321 §4.1.2: Mailbox = Local-part \"@\" …; only <Postmaster> has none; local_paths takes them",
        ),
        Part::Domain if host.is_some_and(|host| before.len() - host > 250) => (
            "a domain beyond 255 octets",
            Right::Open,
            "RFC 5321 §4.5.3.1.2; a minimum, so long_paths (a server's default) takes it",
        ),
        Part::Domain
            if at == Some(b'[') || host.is_some_and(|host| line.get(host + 1) == Some(&b'[')) =>
        {
            ("not an address literal", Right::Ehlo, "RFC 5321 §4.1.3")
        }
        Part::Domain => (
            "not a domain",
            Right::Ehlo,
            "RFC 5321 §4.1.2: sub-domain = Let-dig [Ldh-str]; RFC 6531 §3.3: or a U-label",
        ),
        Part::ParameterName => (
            "not a parameter name",
            Right::Ehlo,
            "RFC 5321 §4.1.2: esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / \"-\"), one SP before it; extra_blanks takes more",
        ),
        Part::ParameterValue => parameter(case, refusal)?,
        Part::DuplicateParameter => (
            "a parameter that stands there twice",
            Right::Ehlo,
            "RFC 1870 §4, RFC 3461 §4, RFC 6152 §3, RFC 1845 §4: only one; for others a choice: which of the two would hold?",
        ),
        Part::ConflictingParameters => (
            "parameters that do not go together",
            Right::Ehlo,
            "RFC 4865 §4: HOLDFOR or HOLDUNTIL; RFC 3885 §3.2: MTRK needs ENVID",
        ),
        Part::TooManyParameters => ("more than 32 parameters", Right::Open, "a limit of ehlo's"),
        _ => return None,
    })
}

/// By the parameter whose value is refused.
fn parameter(case: &Case, refusal: Refusal) -> Option<Kind> {
    let end = refusal.offset.min(case.line.len());
    let start = case.line[..end]
        .iter()
        .rposition(|octet| *octet == b' ')
        .map_or(0, |space| space + 1);
    let word = case.line[start..]
        .split(|octet| *octet == b' ')
        .next()
        .unwrap_or_default();
    let name = word
        .split(|octet| *octet == b'=')
        .next()
        .unwrap_or_default();
    let name = String::from_utf8_lossy(name).to_ascii_uppercase();
    Some(match (refusal.verb, name.as_str()) {
        (Verb::Mail, "SIZE") => (
            "SIZE: not a number of 1 to 20 digits",
            Right::Ehlo,
            "RFC 1870 §6.1: size-value ::= 1*20DIGIT",
        ),
        (Verb::Mail, "BODY") => (
            "BODY: an unknown value",
            Right::Ehlo,
            "RFC 6152 §2, RFC 3030 §3: 7BIT, 8BITMIME, BINARYMIME",
        ),
        (Verb::Mail, "RET") => (
            "RET: an unknown value",
            Right::Ehlo,
            "RFC 3461 §4.3: FULL, HDRS",
        ),
        (Verb::Mail, "ENVID") => (
            "ENVID: not xtext, or empty, or too long",
            Right::Ehlo,
            "RFC 3461 §4, §4.4: hexchar = \"+\" and two of 0-9 A-F; at most 100 characters",
        ),
        (Verb::Mail, "AUTH") => (
            "AUTH=: not the xtext of a mailbox",
            Right::Ehlo,
            "RFC 4954 §5, §8: xtext of a Mailbox, or <>",
        ),
        (Verb::Mail, "BY") => (
            "BY: not a time and a mode, or mode R with a time that is not positive",
            Right::Ehlo,
            "RFC 2852 §4: by-value = by-time \";\" by-mode [by-trace], by-time = [\"-\" / \"+\"] 1*9DIGIT; R needs it positive",
        ),
        (Verb::Mail, "HOLDFOR" | "HOLDUNTIL") => (
            "HOLDFOR, HOLDUNTIL: not an interval, not a date in UTC",
            Right::Ehlo,
            "RFC 4865 §4: 1-9 and up to 8 digits; Internet-style-date-time-UTC",
        ),
        (Verb::Mail, "MT-PRIORITY") => (
            "MT-PRIORITY: not -9 to 9",
            Right::Ehlo,
            "RFC 6710 §2: priority-value",
        ),
        (Verb::Mail, "SOLICIT") => (
            "SOLICIT: not a list of keywords",
            Right::Ehlo,
            "RFC 3865 §3.2",
        ),
        (Verb::Mail, "MTRK") => (
            "MTRK: not base64 and a timeout",
            Right::Ehlo,
            "RFC 3885 §3.1",
        ),
        (Verb::Mail, "SUBMITTER") => (
            "SUBMITTER: not the xtext of a mailbox",
            Right::Ehlo,
            "RFC 4405 §4",
        ),
        (Verb::Mail, "TRANSID") => ("TRANSID: not <local@domain>", Right::Ehlo, "RFC 1845 §3"),
        (Verb::Mail, "SMTPUTF8" | "REQUIRETLS" | "CONPERM") | (Verb::Rcpt, "CONNEG") => (
            "a value behind SMTPUTF8, REQUIRETLS, CONPERM, CONNEG",
            Right::Ehlo,
            "RFC 6531 §3.4, RFC 8689 §2, RFC 4141 §4: it has none",
        ),
        (Verb::Rcpt, "NOTIFY") => (
            "NOTIFY: not NEVER alone or a list of the three",
            Right::Ehlo,
            "RFC 3461 §4.1",
        ),
        (Verb::Rcpt, "ORCPT") => (
            "ORCPT: not a type and xtext",
            Right::Ehlo,
            "RFC 3461 §4.2, RFC 6533 §3",
        ),
        (Verb::Rcpt, "RRVS") => (
            "RRVS: not a date, or something behind it that is not C or R",
            Right::Ehlo,
            "RFC 7293 §3.1, RFC 3339 §5.6 (no fractions)",
        ),
        _ => (
            "an unknown parameter whose value is empty or has an octet that none may have",
            Right::Ehlo,
            "RFC 5321 §4.1.2: esmtp-value = 1*(%d33-60 / %d62-126)",
        ),
    })
}

/// The rival refuses what ehlo takes.
fn refused(case: &Case, why: &str) -> Option<Kind> {
    let command = view::parse(&case.line).ok()?;
    if why == "UnknownCommand" || why == "Unknown command" {
        if case.line.contains(&b'\t') && case.rival == "mailrs" {
            return Some((
                "a tab behind the verb",
                Right::Open,
                "RFC 5321 §4.1.1: SP; §4.1.1 asks to tolerate trailing white space, ehlo also takes it here",
            ));
        }
        return Some((
            "a command that the rival does not know",
            Right::Open,
            "RFC 5321 §4.1.1.7 (EXPN), RFC 821, 1985, 2033, 2645, 3030, 4468, Postfix's XCLIENT and XFORWARD",
        ));
    }
    let literal = case.line.windows(2).any(|pair| pair == b"@[");
    Some(match why {
        "Unsupported parameter" => (
            "a parameter that the rival does not know",
            Right::Open,
            "RFC 5321 §4.1.1.11: 555 is for the server to say; ehlo keeps it, and the session refuses by its config. (SUBMITTER is RFC 4405)",
        ),
        "Invalid parameter: ORCPT" => (
            "ORCPT: another address type than rfc822",
            Right::Ehlo,
            "RFC 3461 §4.2: any registered type; RFC 6533 §3: utf-8",
        ),
        "Invalid sender address" | "Invalid recipient address" if literal => (
            "an address literal",
            Right::Ehlo,
            "RFC 5321 §4.1.2, §4.1.3: Mailbox = Local-part \"@\" ( Domain / address-literal )",
        ),
        "Invalid parameter: SIZE" => (
            "SIZE=18446744073709551615, and the like",
            Right::Ehlo,
            "RFC 1870 §6.1: up to 20 digits",
        ),
        "Invalid parameter: AUTH" => (
            "AUTH= of more than 256 octets",
            Right::Open,
            "RFC 4954 §5 allows 500 octets more on the line; RFC 5321 §4.5.3.1.3 counts paths",
        ),
        "Syntax error: VRFY string" | "Syntax error: EXPN string" => (
            "VRFY, EXPN: an argument beyond 256 octets, or empty quotes",
            Right::Open,
            "RFC 5321 §4.5.3.1.4: only the line has a limit; §3.5.1: the form is the server's",
        ),
        "Syntax error: ATRN domain[,domain]" => (
            "ATRN without domains",
            Right::Ehlo,
            "RFC 2645 §5.2.1: [SP domain *(\",\" domain)]",
        ),
        "unsupported AUTH mechanism" => (
            "AUTH with another mechanism than PLAIN and LOGIN",
            Right::Ehlo,
            "RFC 4954 §4: any; 504 is for the server to say",
        ),
        "missing '>' in path" => (
            "a quote within an address literal",
            Right::Ehlo,
            "RFC 5321 §4.1.3: dcontent has it",
        ),
        why if why.starts_with("Syntax error")
            && matches!(
                command.verb(),
                Verb::Ehlo | Verb::Helo | Verb::Lhlo | Verb::Burl | Verb::Bdat | Verb::Auth
            ) =>
        {
            (
                "blanks, or tabs, between verb and argument",
                Right::Open,
                "RFC 5321 §4.1.1: one SP; ehlo takes several (universal, and harmless)",
            )
        }
        _ => return None,
    })
}

/// Both take it, for something else.
fn value(case: &Case, name: &str, ours: &str, theirs: &str) -> Option<Kind> {
    let command = view::parse(&case.line).ok()?;
    let is_text = matches!(
        command,
        Command::Noop(_) | Command::Help(_) | Command::Vrfy(_) | Command::Expn(_)
    );
    let odd_blanks = case.line.contains(&b'\t')
        || case.line.windows(2).any(|pair| pair == b"  ")
        || case.line.ends_with(b" ");
    Some(match name {
        "argument" if is_text && case.rival == "smtp-proto" => (
            "VRFY, EXPN, NOOP, HELP: only the first word, without its quotes",
            Right::Open,
            "RFC 5321 §3.5.1: the form of the argument is the server's; ehlo gives it as written",
        ),
        "argument" if case.rival == "smtp-proto" => (
            "ETRN, ATRN: quotes and empty members disappear",
            Right::Ehlo,
            "RFC 1985 §5, RFC 2645 §5.2.1",
        ),
        "TRANSID" => (
            "TRANSID: with or without its brackets",
            Right::Open,
            "RFC 1845 §3: the brackets are part of the value",
        ),
        "path"
            if case.rival == "mailrs" && command.verb() == Verb::Rcpt && theirs.contains(':') =>
        {
            (
                "RCPT: the source route is left in the path",
                Right::Ehlo,
                "RFC 5321 §4.1.1.3, appendix C: is to be ignored",
            )
        }
        "path" if case.rival == "mailrs" && theirs.len() < ours.len() => (
            "MAIL: what looks like a source route is cut off at the first colon",
            Right::Ehlo,
            "RFC 5321 §4.1.2, §4.1.3: the colon of a literal ends no route",
        ),
        "parameters" if case.rival == "mailrs" => (
            "white space that is not ASCII splits a parameter",
            Right::Ehlo,
            "RFC 5321 §4.1.2: SP",
        ),
        "argument" | "name" if !case.line.is_ascii() => (
            "white space that is not ASCII is cut off in front of an argument",
            Right::Open,
            "RFC 5321 §4.1.1: SP; RFC 6531 §3.3: a domain has none, which ehlo does not look for (U-labels are the application's)",
        ),
        "SIZE" => (
            "SIZE=18446744073709551615, and the like",
            Right::Ehlo,
            "RFC 1870 §6.1: the number behind it is taken for the size",
        ),
        _ if odd_blanks => (
            "blanks, or tabs, before or behind an argument are part of it",
            Right::Ehlo,
            "RFC 5321 §4.1.1: trailing white space is to be tolerated, so it means nothing",
        ),
        _ => return None,
    })
}
