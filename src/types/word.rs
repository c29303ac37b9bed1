//! Keywords as integers, so that one is found among many with one `match`.

/// Clears the bit that tells the cases of an ASCII letter apart. It tells a
/// few other octets apart too: what was found must still be compared.
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

/// The [`word`] of the first `length` octets.
#[inline]
pub(crate) fn at(octets: &[u8], length: usize) -> u64 {
    let Some(first) = octets.first_chunk::<8>() else {
        return word(octets.get(..length).unwrap_or(octets));
    };
    let keep = match length {
        0 => 0,
        1..8 => u64::MAX >> (64 - 8 * length),
        _ => u64::MAX,
    };
    u64::from_le_bytes(*first) & UPPER_CASE & keep
}
