//! What is said, as octets.

use super::Client;
use super::event::Event;
use super::transaction::Say;
use super::turn::Step;
use crate::types::Command;

impl Client {
    /// Says what may be said, as long as there is room.
    pub(super) fn say(&mut self) -> Option<Event> {
        while !self.output.is_full(self.config.limits.output) {
            match self.state.step() {
                Step::Wait => break,
                Step::Tell(event) => return Some(event),
                step => self.write(&step),
            }
        }
        None
    }

    fn write(&mut self, step: &Step) {
        match step {
            Step::Hello(hello) => {
                if let Some(opening) = &self.opening {
                    self.output.command(&hello.command(opening.hello.clone()));
                }
            }
            Step::Line(octets) => {
                let line = self.lines.split_to(self.lines.len().min(*octets));
                self.output.append(|tail| tail.extend_from_slice(&line));
            }
            Step::Quit => self.output.command(&Command::Quit),
            Step::Say(say) => self.write_transaction(*say),
            Step::Tell(_) | Step::Wait => {}
        }
    }

    fn write_transaction(&mut self, say: Say) {
        let Some(transaction) = self.state.transaction() else {
            return;
        };
        let envelope = transaction.envelope();
        let output = &mut self.output;
        match say {
            Say::Mail => output.command(&Command::Mail {
                reverse_path: envelope.reverse_path.as_borrowed(),
                parameters: transaction.parameters.as_borrowed(),
            }),
            Say::Rcpt(index) => {
                if let Some(recipient) = envelope.recipients.get(index) {
                    output.command(&Command::Rcpt {
                        forward_path: recipient.forward_path.as_borrowed(),
                        parameters: recipient.parameters.as_borrowed(),
                    });
                }
            }
            Say::Data => output.command(&Command::Data),
            Say::Rset => output.command(&Command::Rset),
            Say::LoneDot => output.append(|tail| tail.extend_from_slice(b".\r\n")),
            Say::Nothing | Say::Report => {}
        }
    }
}
