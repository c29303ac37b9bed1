//! Texts that were kept, and come back: what any server of this crate may have
//! taken from a client, and nothing else.

use super::error::{AddressError, Part};
use super::leaf;
use super::path::{self, Content, Cursor, Fault};
use super::syntax::Syntax;
use crate::types::{
    Domain, ForwardPath, HelloName, Host, LocalPart, Mailbox, ReversePath, SubmitterIdentity,
};

/// The leniencies that let in other values. Those that let in other spellings
/// only, such as blanks, are off: what is kept is spelt as it is written.
const TAKEN: Syntax = Syntax {
    local_paths: true,
    odd_hello_names: true,
    long_paths: true,
    loose_dots: true,
    ..Syntax::STRICT
};

/// The whole of `text`; `part` is what is wrong if something follows.
fn whole<'a, T>(
    text: &'a str,
    part: Part,
    read: impl FnOnce(&mut Cursor<'a>) -> Result<T, Fault>,
) -> Result<T, AddressError> {
    let mut cursor = Cursor::new(text);
    let value = read(&mut cursor)?;
    match cursor.is_at_end() {
        true => Ok(value),
        false => Err((part, cursor.at()).into()),
    }
}

pub(crate) fn reverse_path(text: &str) -> Result<ReversePath<'static>, AddressError> {
    let path = whole(text, Part::Path, |cursor| {
        path::reverse_path(cursor, &TAKEN)
    });
    path.map(ReversePath::into_owned)
}

pub(crate) fn forward_path(text: &str) -> Result<ForwardPath<'static>, AddressError> {
    let path = whole(text, Part::Path, |cursor| {
        path::forward_path(cursor, &TAKEN)
    });
    path.map(ForwardPath::into_owned)
}

pub(crate) fn mailbox(text: &str) -> Result<Mailbox<'static>, AddressError> {
    let mailbox = whole(text, Part::Domain, |cursor| {
        match path::content(cursor, &TAKEN)? {
            Content::Mailbox(mailbox) if !text.starts_with('@') => Ok(mailbox),
            Content::Mailbox(_) => Err((Part::LocalPart, 0)),
            Content::Local(_) | Content::Empty => Err((Part::Domain, cursor.at())),
        }
    });
    mailbox.map(Mailbox::into_owned)
}

pub(crate) fn local_part(text: &str) -> Result<LocalPart<'static>, AddressError> {
    let local = whole(text, Part::LocalPart, |cursor| {
        match path::content(cursor, &TAKEN)? {
            Content::Local(local) if !text.starts_with('@') => Ok(local),
            _ => Err((Part::LocalPart, 0)),
        }
    });
    local.map(LocalPart::into_owned)
}

pub(crate) fn host(text: &str) -> Result<Host<'static>, AddressError> {
    let host = whole(text, Part::Domain, |cursor| {
        let (_, kind) = cursor.take(leaf::host).ok_or((Part::Domain, 0))?;
        Ok(kind.view(cursor.text_since(0)))
    });
    host.map(Host::into_owned)
}

pub(crate) fn domain(text: &str) -> Result<Domain<'static>, AddressError> {
    match host(text)? {
        Host::Domain(domain) => Ok(domain),
        _ => Err((Part::Domain, 0).into()),
    }
}

pub(crate) fn hello_name(text: &str) -> Result<HelloName<'static>, AddressError> {
    let name = whole(text, Part::Argument, |cursor| {
        path::hello_name(cursor, &TAKEN)
    });
    name.map(HelloName::into_owned)
}

pub(crate) fn identity(text: &str) -> Result<SubmitterIdentity<'static>, AddressError> {
    match text {
        "<>" => Ok(SubmitterIdentity::Unknown),
        _ => mailbox(text).map(SubmitterIdentity::Mailbox),
    }
}
