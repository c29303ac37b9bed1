//! Keywords as integers, so that one is found among many with one `match`.

/// Clears the bit that tells the cases of an ASCII letter apart. Of a digit and
/// a hyphen it makes a control character: a word says all about printable
/// octets, and only about those.
const UPPER_CASE: u64 = 0xdfdf_dfdf_dfdf_dfdf;

/// The first eight octets of a keyword as a number, whatever the case.
pub(crate) const fn word(keyword: &[u8]) -> u64 {
    let mut word = 0;
    let mut shift = 0;
    let mut rest = keyword;
    while let [octet, behind @ ..] = rest {
        if shift == u64::BITS {
            break;
        }
        word |= (*octet as u64) << shift;
        shift += u8::BITS;
        rest = behind;
    }
    word & UPPER_CASE
}

/// The octets of a word that the first so many are.
const FIRST: [u64; 9] = [
    0,
    0xff,
    0xffff,
    0xff_ffff,
    0xffff_ffff,
    0xff_ffff_ffff,
    0xffff_ffff_ffff,
    0xff_ffff_ffff_ffff,
    u64::MAX,
];

/// The [`word`] of the first `length` octets.
#[inline]
pub(crate) fn at(octets: &[u8], length: usize) -> u64 {
    let Some(first) = octets.first_chunk::<8>() else {
        return word_of_few(octets, length);
    };
    let keep = FIRST.get(length).copied().unwrap_or(u64::MAX);
    u64::from_le_bytes(*first) & UPPER_CASE & keep
}

/// The same, where there are less than eight octets to look at.
#[cold]
fn word_of_few(octets: &[u8], length: usize) -> u64 {
    word(octets.get(..length).unwrap_or(octets))
}

/// Whether printable octets whose [`word`] is that of `keyword` are `keyword`:
/// it has at most 24.
#[inline]
pub(crate) fn is(octets: &[u8], keyword: &str) -> bool {
    let keyword = keyword.as_bytes();
    if octets.len() != keyword.len() {
        return false;
    }
    let (Some(last), Some(keyword_last)) = (octets.last_chunk(), keyword.last_chunk()) else {
        return true;
    };
    let mut differing = difference(*last, *keyword_last);
    if keyword.len() > 16 {
        let second = |octets: &[u8]| octets.get(8..).and_then(|rest| rest.first_chunk().copied());
        if let (Some(second), Some(keyword_second)) = (second(octets), second(keyword)) {
            differing |= difference(second, keyword_second);
        }
    }
    differing == 0
}

/// What eight octets differ in, apart from the case.
#[inline]
fn difference(octets: [u8; 8], keyword: [u8; 8]) -> u64 {
    (u64::from_le_bytes(octets) ^ u64::from_le_bytes(keyword)) & UPPER_CASE
}
