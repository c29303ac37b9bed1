//! Eight octets at a time, in an integer. For texts as short as a line: there
//! a vector search spends its time on getting started.

/// The first octet that is below `LIMIT`, which is at most 128.
#[inline]
pub(super) fn first_below<const LIMIT: u8>(octets: &[u8]) -> Option<usize> {
    const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);
    const { assert!(LIMIT <= 128) }

    let mut rest = octets;
    while let Some((eight, behind)) = rest.split_first_chunk::<8>() {
        let eight = u64::from_le_bytes(*eight);
        // The highest bit of each octet that is below; a borrow can only set
        // one behind the first of them.
        let below = eight.wrapping_sub(u64::from_le_bytes([LIMIT; 8])) & !eight & HIGHEST;
        if below != 0 {
            let found = below.trailing_zeros() / u8::BITS;
            return Some(octets.len() - rest.len() + found as usize);
        }
        rest = behind;
    }
    let found = rest.iter().position(|&octet| octet < LIMIT)?;
    Some(octets.len() - rest.len() + found)
}

#[cfg(test)]
mod tests {
    use super::first_below;

    #[test]
    fn the_first_octet_below_is_found_wherever_it_is() {
        for length in 0..40 {
            for at in 0..length {
                for octet in [0, 13, 14, 15, 127, 128, 255] {
                    let mut octets = [b'x'; 40];
                    octets[at] = octet;
                    octets[at + 1..].fill(0);
                    let next = (at + 1 < length).then_some(at + 1);
                    let expected = if octet < 14 { Some(at) } else { next };
                    assert_eq!(first_below::<14>(&octets[..length]), expected);
                }
            }
        }
    }
}
