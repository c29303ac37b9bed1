//! Paths and mailboxes (RFC 5321 §4.1.2), with the limits of §4.5.3.1.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::ops::Range;
use core::str::FromStr;

use super::error::{AddressError, Part};
use super::leaf;
use super::syntax::Syntax;
use crate::types::class::{self, TEXT};
use crate::types::{
    Domain, ForwardPath, GeneralLiteral, HelloName, Host, HostKind, LocalPart, Mailbox,
    MailboxLayout, ReversePath,
};

/// Octets of a local part that everyone must take (RFC 5321 §4.5.3.1.1).
pub(super) const LOCAL_PART_LIMIT: usize = 64;
/// Octets of a domain that everyone must take (RFC 5321 §4.5.3.1.2).
pub(super) const DOMAIN_LIMIT: usize = 255;
/// Octets of a path that everyone must take, brackets included (RFC 5321 §4.5.3.1.3).
pub(super) const PATH_LIMIT: usize = 256;

/// What went wrong, at which octet of the line.
pub(super) type Fault = (Part, usize);

/// What stands in the brackets of a path.
pub(super) enum Content<'a> {
    Empty,
    Mailbox(Mailbox<'a>),
    Local(LocalPart<'a>),
}

/// A cursor over a line. Every slice it hands out borrows from the line.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    line: &'a str,
    /// The octets from here on.
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(super) const fn new(line: &'a str) -> Self {
        Self {
            line,
            rest: line.as_bytes(),
        }
    }

    /// The octet of the line that is next.
    #[inline]
    pub(super) const fn at(self) -> usize {
        self.line.len() - self.rest.len()
    }

    #[inline]
    pub(super) const fn rest(self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(super) const fn is_at_end(self) -> bool {
        self.rest.is_empty()
    }

    /// The text from here on.
    #[inline]
    pub(super) fn remainder(self) -> &'a str {
        self.line.get(self.at()..).unwrap_or_default()
    }

    /// The text from `start` up to here.
    #[inline]
    pub(super) fn text_since(self, start: usize) -> &'a str {
        self.text(start..self.at())
    }

    /// The text of that range of the line.
    #[inline]
    pub(super) fn text(self, range: Range<usize>) -> &'a str {
        self.line.get(range).unwrap_or_default()
    }

    /// Steps over so many octets.
    #[inline]
    pub(super) fn skip(&mut self, octets: usize) {
        self.rest = self.rest.get(octets..).unwrap_or_default();
    }

    /// Steps over `octet` if it is next.
    #[inline]
    pub(super) fn eat(&mut self, octet: u8) -> bool {
        match self.rest {
            [first, behind @ ..] if *first == octet => {
                self.rest = behind;
                true
            }
            _ => false,
        }
    }

    /// Steps over every blank that is next.
    #[inline]
    pub(super) fn skip_blanks(&mut self) {
        while let [b' ' | b'\t', behind @ ..] = self.rest {
            self.rest = behind;
        }
    }

    /// Steps over what `leaf` takes.
    #[inline]
    pub(super) fn take<T>(&mut self, leaf: impl Fn(&'a [u8]) -> leaf::Parsed<'a, T>) -> Option<T> {
        let (behind, value) = leaf(self.rest).ok()?;
        self.rest = behind;
        Some(value)
    }
}

/// The argument of MAIL.
#[inline]
pub(super) fn reverse_path<'a>(
    cursor: &mut Cursor<'a>,
    syntax: &Syntax,
) -> Result<ReversePath<'a>, Fault> {
    match path(cursor, syntax)? {
        Content::Empty => Ok(ReversePath::Null),
        Content::Mailbox(mailbox) => Ok(ReversePath::Mailbox(mailbox)),
        Content::Local(local) if syntax.local_paths => Ok(ReversePath::Local(local)),
        Content::Local(_) => Err((Part::Domain, before_bracket(*cursor))),
    }
}

/// The argument of RCPT.
#[inline]
pub(super) fn forward_path<'a>(
    cursor: &mut Cursor<'a>,
    syntax: &Syntax,
) -> Result<ForwardPath<'a>, Fault> {
    match path(cursor, syntax)? {
        Content::Mailbox(mailbox) => Ok(ForwardPath::Mailbox(mailbox)),
        // RFC 5321 §4.1.1.3: the one path that needs no domain.
        Content::Local(local) if local.as_str().eq_ignore_ascii_case("postmaster") => {
            Ok(ForwardPath::Postmaster)
        }
        Content::Local(local) if syntax.local_paths => Ok(ForwardPath::Local(local)),
        Content::Local(_) => Err((Part::Domain, before_bracket(*cursor))),
        Content::Empty => Err((Part::Path, before_bracket(*cursor))),
    }
}

/// Where the content of the path ended that the cursor is behind.
fn before_bracket(cursor: Cursor<'_>) -> usize {
    cursor.at() - usize::from(cursor.text_since(0).ends_with('>'))
}

/// `Path = "<" [ A-d-l ":" ] Mailbox ">"`, or `<>`, or a lone local part.
fn path<'a>(cursor: &mut Cursor<'a>, syntax: &Syntax) -> Result<Content<'a>, Fault> {
    if syntax.blanks_before_path {
        cursor.skip_blanks();
    }
    let start = cursor.at();
    let bracketed = cursor.eat(b'<');
    if !bracketed && !syntax.bare_paths {
        return Err((Part::Path, start));
    }
    if bracketed && cursor.eat(b'>') {
        return Ok(Content::Empty);
    }
    let content = content(cursor, syntax)?;
    if bracketed && !cursor.eat(b'>') {
        let part = match content {
            Content::Local(_) => Part::LocalPart,
            _ if cursor.is_at_end() => Part::Path,
            _ => Part::Domain,
        };
        return Err((part, cursor.at()));
    }
    // Brackets that are not there count: it is written with them.
    let limit = match bracketed {
        true => PATH_LIMIT,
        false => PATH_LIMIT - "<>".len(),
    };
    if !syntax.long_paths && cursor.at() - start > limit {
        return Err((Part::Path, start + limit));
    }
    Ok(content)
}

/// A mailbox, perhaps behind a source route, or a lone local part.
pub(super) fn content<'a>(cursor: &mut Cursor<'a>, syntax: &Syntax) -> Result<Content<'a>, Fault> {
    let start = cursor.at();
    if cursor.rest().first() == Some(&b'@') && cursor.take(leaf::source_route).is_none() {
        return Err((Part::Path, start));
    }
    let local = cursor.at();
    cursor.take(leaf::local_part);
    if syntax.loose_dots && cursor.rest().first() == Some(&b'.') {
        cursor.take(leaf::loose_dots);
    }
    if cursor.at() == local {
        return Err((Part::LocalPart, local));
    }
    let at = cursor.at();
    if !syntax.long_paths && at - local > LOCAL_PART_LIMIT {
        return Err((Part::LocalPart, local + LOCAL_PART_LIMIT));
    }
    if !cursor.eat(b'@') {
        if local > start {
            // Behind a source route there is a mailbox.
            return Err((Part::Domain, at));
        }
        let text = cursor.text_since(local);
        return Ok(Content::Local(LocalPart(Cow::Borrowed(text))));
    }
    let host = cursor.at();
    let Some((_, kind)) = cursor.take(leaf::host) else {
        return Err((Part::Domain, host));
    };
    if !syntax.long_paths && cursor.at() - host > DOMAIN_LIMIT {
        return Err((Part::Domain, host + DOMAIN_LIMIT));
    }
    let text = cursor.text_since(start);
    let offset = |octets| u16::try_from(octets).map_err(|_| (Part::Path, start));
    let layout = MailboxLayout {
        local: offset(local - start)?,
        at: offset(at - start)?,
        host: kind,
    };
    Ok(Content::Mailbox(Mailbox::from_checked(
        Cow::Borrowed(text),
        layout,
    )))
}

/// The argument of EHLO, HELO and LHLO: the rest of the line.
#[inline]
pub(super) fn hello_name<'a>(
    cursor: &mut Cursor<'a>,
    syntax: &Syntax,
) -> Result<HelloName<'a>, Fault> {
    let start = cursor.at();
    let name = cursor.remainder();
    let kind = cursor.take(leaf::host).map(|(_, kind)| kind);
    if kind.is_some() && cursor.is_at_end() {
        if !syntax.long_paths && name.len() > DOMAIN_LIMIT {
            return Err((Part::Argument, start + DOMAIN_LIMIT));
        }
        return Ok(HelloName::from_checked(Cow::Borrowed(name), kind));
    }
    let is_word = !name.is_empty() && class::all(name.as_bytes(), TEXT) && !name.contains(' ');
    if syntax.odd_hello_names && is_word {
        cursor.skip(cursor.rest().len());
        return Ok(HelloName::from_checked(Cow::Borrowed(name), None));
    }
    Err((Part::Argument, cursor.at()))
}

/// `TryFrom<&str>`, which borrows, and `FromStr`, which does not.
macro_rules! from_text {
    ($($type:ident $part:ident: $parse:expr;)*) => {$(
        impl<'a> TryFrom<&'a str> for $type<'a> {
            type Error = AddressError;

            fn try_from(text: &'a str) -> Result<Self, AddressError> {
                let mut cursor = Cursor::new(text);
                let parse: fn(&mut Cursor<'a>) -> Result<Self, Fault> = $parse;
                let value = parse(&mut cursor);
                let value = value.and_then(|value| match cursor.is_at_end() {
                    true => Ok(value),
                    false => Err((Part::$part, cursor.at())),
                });
                value.map_err(AddressError::from)
            }
        }

        impl FromStr for $type<'static> {
            type Err = AddressError;

            fn from_str(text: &str) -> Result<Self, AddressError> {
                $type::try_from(text).map($type::into_owned)
            }
        }
    )*};
}

pub(super) use from_text;

from_text! {
    // The wire forms, brackets included.
    ReversePath Path: |cursor| reverse_path(cursor, &Syntax::STRICT);
    ForwardPath Path: |cursor| forward_path(cursor, &Syntax::STRICT);
    HelloName Argument: |cursor| hello_name(cursor, &Syntax::STRICT);
    Mailbox Path: lone_mailbox;
    LocalPart LocalPart: lone_local_part;
    Domain Domain: lone_domain;
    Host Domain: lone_host;
}

/// A mailbox on its own: no brackets, no source route.
fn lone_mailbox<'a>(cursor: &mut Cursor<'a>) -> Result<Mailbox<'a>, Fault> {
    match content(cursor, &Syntax::STRICT)? {
        Content::Mailbox(mailbox) if mailbox.source_route().next().is_some() => {
            Err((Part::LocalPart, 0))
        }
        Content::Mailbox(_) if cursor.at() > PATH_LIMIT - "<>".len() => {
            Err((Part::Path, PATH_LIMIT - "<>".len()))
        }
        Content::Mailbox(mailbox) => Ok(mailbox),
        Content::Local(_) | Content::Empty => Err((Part::Domain, cursor.at())),
    }
}

impl<'a> Mailbox<'a> {
    /// A mailbox on its own, however long.
    pub(super) fn long(text: &'a str) -> Option<Self> {
        let syntax = Syntax {
            long_paths: true,
            ..Syntax::STRICT
        };
        let mut cursor = Cursor::new(text);
        match content(&mut cursor, &syntax) {
            Ok(Content::Mailbox(mailbox)) if cursor.is_at_end() && !text.starts_with('@') => {
                Some(mailbox)
            }
            _ => None,
        }
    }
}

/// Whether that is a mailbox on its own, however long.
pub(super) fn is_long_mailbox(text: &str) -> bool {
    Mailbox::long(text).is_some()
}

fn lone_local_part<'a>(cursor: &mut Cursor<'a>) -> Result<LocalPart<'a>, Fault> {
    let text = cursor.remainder();
    match cursor.take(leaf::local_part) {
        Some(_) if cursor.at() > LOCAL_PART_LIMIT => Err((Part::LocalPart, LOCAL_PART_LIMIT)),
        Some(_) if cursor.is_at_end() => Ok(LocalPart(Cow::Borrowed(text))),
        _ => Err((Part::LocalPart, cursor.at())),
    }
}

fn lone_domain<'a>(cursor: &mut Cursor<'a>) -> Result<Domain<'a>, Fault> {
    match lone_host(cursor)? {
        Host::Domain(domain) => Ok(domain),
        _ => Err((Part::Domain, 0)),
    }
}

fn lone_host<'a>(cursor: &mut Cursor<'a>) -> Result<Host<'a>, Fault> {
    let text = cursor.remainder();
    match cursor.take(leaf::host) {
        Some(_) if cursor.at() > DOMAIN_LIMIT => Err((Part::Domain, DOMAIN_LIMIT)),
        Some((_, kind)) if cursor.is_at_end() => Ok(kind.view(text)),
        _ => Err((Part::Domain, cursor.at())),
    }
}

impl Mailbox<'_> {
    /// Joins a local part and a host.
    ///
    /// # Errors
    ///
    /// Together with its brackets the mailbox would exceed the 256 octets of a
    /// path (RFC 5321 §4.5.3.1.3).
    pub fn new(
        local_part: &LocalPart<'_>,
        host: &Host<'_>,
    ) -> Result<Mailbox<'static>, AddressError> {
        format!("{local_part}@{host}").parse()
    }
}

impl LocalPart<'_> {
    /// The local part that means `content`, quoted only if it must be (RFC 5321
    /// §4.1.2: the minimum quoting possible).
    ///
    /// # Errors
    ///
    /// `content` holds a control character, or the result exceeds 64 octets.
    pub fn from_content(content: &str) -> Result<LocalPart<'static>, AddressError> {
        if let Ok(plain) = LocalPart::try_from(content) {
            if !plain.is_quoted() {
                return Ok(plain.into_owned());
            }
        }
        let mut quoted = String::from('"');
        for character in content.chars() {
            if matches!(character, '"' | '\\') {
                quoted.push('\\');
            }
            quoted.push(character);
        }
        quoted.push('"');
        quoted.parse()
    }
}

impl GeneralLiteral<'_> {
    /// A literal of an address family other than IPv4 and IPv6.
    ///
    /// # Errors
    ///
    /// `tag` is not an `Ldh-str`, or is that of IPv6; `content` is empty or
    /// holds something other than `dcontent`; or both are too long for a
    /// domain (RFC 5321 §4.1.3, §4.5.3.1.2).
    pub fn new(tag: &str, content: &str) -> Result<GeneralLiteral<'static>, AddressError> {
        match format!("[{tag}:{content}]").parse()? {
            Host::General(literal) => Ok(literal),
            _ => Err(AddressError::new(Part::Domain, 0)),
        }
    }
}

impl<'a> From<Host<'a>> for HelloName<'static> {
    fn from(host: Host<'a>) -> Self {
        let kind = match host {
            Host::Domain(_) => HostKind::Domain,
            Host::Ipv4(_) => HostKind::Ipv4,
            Host::Ipv6(_) => HostKind::Ipv6,
            Host::General(_) => HostKind::General,
        };
        HelloName::from_checked(Cow::Owned(format!("{host}")), Some(kind))
    }
}
