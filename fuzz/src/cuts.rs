//! Ways to cut octets into reads.

/// Sizes of reads that find what depends on them: all at once first.
pub(crate) const SIZES: [usize; 5] = [usize::MAX, 1, 2, 3, 7];

/// `octets` in reads of those sizes, one after the other and from the start
/// again; 0 is all that is left.
pub(crate) fn reads<'a>(octets: &'a [u8], sizes: &[usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = octets;
    let mut sizes = sizes.iter().cycle();
    core::iter::from_fn(move || {
        let size = match sizes.next() {
            None | Some(0) => usize::MAX,
            Some(size) => *size,
        };
        let (read, behind) = rest.split_at(size.min(rest.len()));
        rest = behind;
        (!read.is_empty()).then_some(read)
    })
}
