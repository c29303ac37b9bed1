//! Octet classes of the SMTP grammars: one table, looked up once per octet.

/// A set of classes, one bit each.
pub(crate) type Class = u16;

/// `ALPHA / DIGIT`, and octets of non-ASCII characters (RFC 6531 §3.3: U-label).
pub(crate) const LET_DIG: Class = 1;
/// `atext` (RFC 5322 §3.2.3), and octets of non-ASCII characters (RFC 6531 §3.3).
pub(crate) const ATEXT: Class = 1 << 1;
/// `qtextSMTP` (RFC 5321 §4.1.2), and octets of non-ASCII characters.
pub(crate) const QTEXT: Class = 1 << 2;
/// `dcontent` (RFC 5321 §4.1.3).
pub(crate) const DCONTENT: Class = 1 << 3;
/// The octets of an `esmtp-value` (RFC 5321 §4.1.2), and of non-ASCII characters.
pub(crate) const VALUE: Class = 1 << 4;
/// `ALPHA / DIGIT / "-"`: the octets of an `esmtp-keyword` and of a `Ldh-str`.
pub(crate) const KEYWORD: Class = 1 << 5;
/// `DIGIT`.
pub(crate) const DIGIT: Class = 1 << 6;
/// Everything that may stand in an argument taken as it is: no control character.
pub(crate) const TEXT: Class = 1 << 7;
/// What a reply line may hold, other than a horizontal tab: `TEXT` and any 8-bit octet.
pub(crate) const GRAPHIC: Class = 1 << 8;

/// `xchar` (RFC 3461 §4): printable ASCII but `+` and `=`.
pub(crate) const XCHAR: Class = 1 << 9;
/// `QUCHAR` (RFC 6533 §3): printable ASCII but `\\`, `+` and `=`, and octets of
/// non-ASCII characters.
pub(crate) const QUCHAR: Class = 1 << 10;
/// `base64-char` (RFC 4954 §8), without the padding.
pub(crate) const BASE64: Class = 1 << 11;
/// `mech-char` (RFC 4422 §3.1), in either case.
pub(crate) const MECHANISM: Class = 1 << 12;
/// The characters of a URI (RFC 3986 §2) but `#`, which begins a fragment.
pub(crate) const URI: Class = 1 << 13;
/// A `transid-atom`'s (RFC 1845 §2): printable ASCII but RFC 2045's
/// `tspecials` and the dot.
pub(crate) const TRANSID: Class = 1 << 14;
/// `ALPHA`.
pub(crate) const LETTER: Class = 1 << 15;

static TABLE: [Class; 256] = table();

#[allow(clippy::cast_possible_truncation, clippy::indexing_slicing)] // below 256
const fn table() -> [Class; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = classes(octet as u8);
        octet += 1;
    }
    table
}

const fn classes(octet: u8) -> Class {
    let mut classes = 0;
    if octet.is_ascii_alphanumeric() {
        classes |= LET_DIG | ATEXT | KEYWORD;
    }
    if octet.is_ascii_alphabetic() {
        classes |= LETTER;
    }
    if octet.is_ascii_digit() {
        classes |= DIGIT;
    }
    if octet == b'-' {
        classes |= KEYWORD;
    }
    if octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/') {
        classes |= BASE64;
    }
    if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_') {
        classes |= MECHANISM;
    }
    if matches!(octet, 33..=126) {
        if !matches!(octet, b'+' | b'=') {
            classes |= XCHAR;
            if octet != b'\\' {
                classes |= QUCHAR;
            }
        }
        if !matches!(
            octet,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'#'
        ) {
            classes |= URI;
        }
        if !matches!(
            octet,
            b'(' | b')'
                | b'<'
                | b'>'
                | b'@'
                | b','
                | b';'
                | b':'
                | b'\\'
                | b'"'
                | b'/'
                | b'['
                | b']'
                | b'?'
                | b'='
                | b'.'
        ) {
            classes |= TRANSID;
        }
    }
    if matches!(
        octet,
        b'!' | b'#'
            | b'$'
            | b'%'
            | b'&'
            | b'\''
            | b'*'
            | b'+'
            | b'-'
            | b'/'
            | b'='
            | b'?'
            | b'^'
            | b'_'
            | b'`'
            | b'{'
            | b'|'
            | b'}'
            | b'~'
    ) {
        classes |= ATEXT;
    }
    if matches!(octet, 32..=126) {
        classes |= TEXT | GRAPHIC;
        if !matches!(octet, b'"' | b'\\') {
            classes |= QTEXT;
        }
    }
    if matches!(octet, 33..=90 | 94..=126) {
        classes |= DCONTENT;
    }
    if matches!(octet, 33..=60 | 62..=126) {
        classes |= VALUE;
    }
    if octet >= 0x80 {
        classes |= LET_DIG | ATEXT | QTEXT | VALUE | TEXT | GRAPHIC | QUCHAR;
    }
    classes
}

/// Whether `octet` is in one of the classes of `class`.
#[inline]
#[allow(clippy::indexing_slicing)] // every octet has its place
pub(crate) const fn is(octet: u8, class: Class) -> bool {
    TABLE[octet as usize] & class != 0
}

/// The number of leading octets that are in `class`.
#[inline]
pub(crate) fn span(octets: &[u8], class: Class) -> usize {
    // An index of its own makes for a tighter loop than an iterator's position.
    let mut length = 0;
    while let Some(&octet) = octets.get(length) {
        if !is(octet, class) {
            break;
        }
        length += 1;
    }
    length
}

/// Whether every octet is in `class`.
#[inline]
pub(crate) fn all(octets: &[u8], class: Class) -> bool {
    span(octets, class) == octets.len()
}
