//! Mail that goes round in a circle (RFC 5321 §6.3).

/// What each hop puts before a message.
const NAME: &[u8] = b"Received:";

/// So many hops and more are a circle: RFC 5321 §6.3 asks for 100 at least.
const MOST: usize = 100;

/// Counts the hops of a message that comes in pieces.
#[derive(Default)]
pub(crate) struct Hops {
    count: usize,
    /// Octets of the line so far, its end left out.
    column: usize,
    /// Of those, how many are the name's.
    matched: usize,
    is_header_over: bool,
}

impl Hops {
    /// Whether there are too many, as of these octets.
    pub(crate) fn are_too_many(&mut self, octets: &[u8]) -> bool {
        for octet in octets {
            if self.is_header_over {
                break;
            }
            self.take(*octet);
        }
        self.count >= MOST
    }

    fn take(&mut self, octet: u8) {
        match octet {
            b'\r' => {}
            b'\n' => {
                self.is_header_over = self.column == 0;
                (self.column, self.matched) = (0, 0);
            }
            _ => {
                let wanted = NAME.get(self.column);
                if wanted.is_some_and(|wanted| wanted.eq_ignore_ascii_case(&octet)) {
                    self.matched += 1;
                    self.count += usize::from(self.matched == NAME.len());
                }
                self.column += 1;
            }
        }
    }
}
