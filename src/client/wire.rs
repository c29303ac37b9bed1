//! What is said, as octets.

use bytes::BufMut;

use super::Client;
use super::body::Encoder;
use super::demand::Terms;
use super::event::Event;
use super::opening::Hello;
use super::transaction::Say;
use super::turn::Step;
use crate::types::Command;

impl Client {
    /// Says what may be said, as long as there is room.
    pub(super) fn say(&mut self) -> Option<Event> {
        let chunk_size = self.chunk_size();
        while !self.output.is_full(self.config.limits.output) {
            match self.state.step(chunk_size) {
                Step::Wait => break,
                Step::Again => {}
                Step::Tell(event) => return Some(event),
                Step::Chunk(octets, is_last) => self.write_chunk(octets, is_last),
                step => {
                    let start = self.output.written();
                    self.write(&step);
                    self.state.stamp(match step {
                        // What a server makes of those octets, and when, is not known.
                        Step::Raw => start,
                        _ => self.output.written(),
                    });
                }
            }
        }
        None
    }

    /// Says what there is of a message in chunks.
    pub(super) fn say_chunks(&mut self) {
        let chunk_size = self.chunk_size();
        while !self.output.is_full(self.config.limits.output) {
            match self.state.step_chunk(chunk_size) {
                Step::Chunk(octets, is_last) => self.write_chunk(octets, is_last),
                _ => break,
            }
        }
    }

    pub(super) fn chunk_size(&self) -> usize {
        self.config.chunk_size.max(1)
    }

    fn write(&mut self, step: &Step) {
        match step {
            Step::Hello(hello) => self.write_hello(*hello),
            Step::StartTls => self.output.command(&Command::StartTls),
            Step::Auth => {
                if let Some(exchange) = &mut self.state.exchange {
                    let command = exchange.take_command();
                    let write = |tail: &mut _| command.write(tail);
                    self.output.append_secret(command.wire_len(), write);
                }
            }
            Step::AuthLine => {
                if let Some(exchange) = &mut self.state.exchange {
                    let line = exchange.take_line();
                    let write = |tail: &mut _| line.write(tail);
                    self.output.append_secret(line.wire_len(), write);
                }
            }
            Step::Line(octets) => {
                let line = self.lines.split_to(self.lines.len().min(*octets));
                self.output.append(|tail| tail.extend_from_slice(&line));
            }
            Step::Raw => {
                if let Some(octets) = self.payloads.pop_front() {
                    self.output.push(octets);
                }
            }
            Step::Payload(is_last) => self.write_payload(*is_last),
            Step::Quit => self.output.command(&Command::Quit),
            Step::Say(say) => self.write_transaction(*say),
            Step::Chunk(..) | Step::Tell(_) | Step::Again | Step::Wait => {}
        }
    }

    fn write_hello(&mut self, hello: Hello) {
        if let Some(opening) = &self.opening {
            self.output.command(&hello.command(opening.hello.clone()));
        }
    }

    /// A chunk that `send_chunk` was given.
    fn write_payload(&mut self, last: bool) {
        if let Some(chunk) = self.payloads.pop_front() {
            let size = chunk.len() as u64;
            self.output.command(&Command::Bdat { size, last });
            self.output.push(chunk);
        }
    }

    /// A chunk of the message that is being given.
    fn write_chunk(&mut self, octets: usize, last: bool) {
        let Some(giving) = &mut self.state.giving else {
            return;
        };
        let Encoder::Chunks(chunks) = &mut giving.encoder else {
            return;
        };
        let size = octets as u64;
        self.output.command(&Command::Bdat { size, last });
        chunks.move_to(octets, &mut self.output);
        self.state.on_chunk_said(last, self.output.written());
    }

    fn write_transaction(&mut self, say: Say) {
        let first_said = self.state.said;
        let (Some(transaction), Some(offered)) = (
            self.state.transactions.get(first_said),
            &self.state.capabilities,
        ) else {
            return;
        };
        let output = &mut self.output;
        match say {
            Say::Mail => output.command(&Command::Mail {
                reverse_path: transaction.envelope().reverse_path.as_borrowed(),
                parameters: transaction.parameters.as_borrowed(),
            }),
            Say::Rcpt(index) => {
                let terms = Terms {
                    offered,
                    policy: self.config.parameters,
                    is_encrypted: self.state.protection.is_encrypted,
                };
                if let Some(recipient) = transaction.recipient(index) {
                    output.command(&Command::Rcpt {
                        forward_path: recipient.forward_path.as_borrowed(),
                        parameters: terms.rcpt_parameters(recipient),
                    });
                }
            }
            Say::Data => output.command(&Command::Data),
            Say::Rset => output.command(&Command::Rset),
            Say::LoneDot => output.append(|tail| tail.put_slice(b".\r\n")),
            Say::Body | Say::Nothing | Say::Report => {}
        }
    }
}
