//! All that is tried: one row for each attack.
//!
//! The rules are numbered as in the documentation of `ehlo::attacks`. Those that
//! only a client can break are not here, nor is guessing of passwords, nor what
//! takes minutes to see.

use ehlo::types::Extension;

use crate::judge::Finding;
use crate::judge::Verdict::{Exploitable, Lax, NotProbed, Safe};
use crate::session::Stage;

/// An attack, and how what the server does is judged. A refusal is safe.
pub(crate) struct Probe {
    pub(crate) rule: &'static str,
    /// What is sent, in words.
    pub(crate) title: &'static str,
    pub(crate) needs: Needs,
    /// Where the attack begins.
    pub(crate) stage: Stage,
    pub(crate) steps: &'static [Step],
    /// Replies from there on, if the server takes all of it for what it is.
    pub(crate) replies: usize,
    /// It does, and the last of these replies is positive.
    pub(crate) taken: Finding<&'static str>,
    /// There are more replies: it takes some of it for something else.
    pub(crate) more: Finding<&'static str>,
}

/// What a server has to offer for an attack to make sense.
pub(crate) enum Needs {
    Nothing,
    Offered(Extension),
    NotOffered(Extension),
}

/// `{ehlo}`, `{hello}`, `{from}` and `{to}` stand for what the session says.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// Says that, in one write.
    Say(&'static [u8]),
    /// Says a NOOP of about that many octets.
    Line(usize),
    /// Waits for a reply. A refusal ends the attack.
    Hear,
    /// Says that and waits for the reply, so many times or until it changes.
    Repeat(&'static [u8], u32),
    /// Shakes hands for TLS.
    Handshake,
    /// Closes its half of the connection.
    EndOutput,
}

use Step::{EndOutput, Handshake, Hear, Line, Repeat, Say};

/// What every server takes.
pub(crate) const ORDINARY: Probe = probe(
    "",
    "an ordinary message",
    Stage::Data,
    &[Say(b"Subject: probe\r\n\r\nprobe\r\n.\r\n")],
);

/// A message with that in it, which is no end, and a command behind it.
macro_rules! smuggle {
    ($title:literal, $end:literal, $taken:expr) => {
        Probe {
            taken: $taken,
            more: (Exploitable, "ends the message there, runs what follows"),
            ..probe(
                "A1",
                concat!("in a message: ", $title),
                Stage::Data,
                &[Say(concat!(
                    "Subject: probe\r\n\r\nprobe",
                    $end,
                    "NOOP\r\n\r\n.\r\n"
                )
                .as_bytes())],
            )
        }
    };
}

/// RFC 5321 §2.3.8 forbids a bare CR or LF. What is passed on as it came may
/// be the end of the message to the next server.
const PASSES_ON: Finding<&str> = (Lax, "takes it as text: passes it on?");
/// RFC 5321 §4.1.1.4 allows a NUL in a message.
const IS_TEXT: Finding<&str> = (Safe, "takes it as text");

pub(crate) const PROBES: &[Probe] = &[
    smuggle!("LF . LF", "\n.\n", PASSES_ON),
    smuggle!("LF . CR", "\n.\r", PASSES_ON),
    smuggle!("CR . LF", "\r.\n", PASSES_ON),
    smuggle!("CR . CR", "\r.\r", PASSES_ON),
    smuggle!("LF . CRLF", "\n.\r\n", PASSES_ON),
    smuggle!("CR . CRLF", "\r.\r\n", PASSES_ON),
    smuggle!("CRLF . LF", "\r\n.\n", PASSES_ON),
    smuggle!("CRLF . CR", "\r\n.\r", PASSES_ON),
    smuggle!("CRLF . CR CRLF", "\r\n.\r\r\n", PASSES_ON),
    smuggle!("CRLF NUL . CRLF", "\r\n\0.\r\n", IS_TEXT),
    smuggle!("CRLF . NUL CRLF", "\r\n.\0\r\n", IS_TEXT),
    Probe {
        needs: Needs::Offered(Extension::StartTls),
        replies: 2,
        taken: (Safe, "drops it"),
        more: (Exploitable, "runs inside TLS what came before it"),
        ..probe(
            "A3",
            "a command behind STARTTLS",
            Stage::Hello,
            &[
                Say(b"STARTTLS\r\nNOOP\r\n"),
                Hear,
                Handshake,
                Say(b"{ehlo} {hello}\r\n"),
            ],
        )
    },
    Probe {
        needs: Needs::Offered(Extension::StartTls),
        replies: 3,
        taken: (Lax, "goes on in TLS with what came before it"),
        ..probe(
            "A3",
            "STARTTLS in a transaction, then RCPT",
            Stage::Hello,
            &[
                Say(b"MAIL FROM:<{from}>\r\n"),
                Hear,
                Say(b"STARTTLS\r\n"),
                Hear,
                Handshake,
                Say(b"RCPT TO:<{to}>\r\n"),
            ],
        )
    },
    Probe {
        needs: Needs::Offered(Extension::StartTls),
        taken: (Lax, "still knows the hello of before"),
        ..probe(
            "A3",
            "MAIL without a hello inside TLS",
            Stage::Tls,
            &[Say(b"MAIL FROM:<{from}>\r\n")],
        )
    },
    Probe {
        needs: Needs::Offered(Extension::StartTls),
        replies: 2,
        ..probe(
            "A3",
            "STARTTLS inside TLS",
            Stage::Tls,
            &[Say(b"{ehlo} {hello}\r\n"), Hear, Say(b"STARTTLS\r\n")],
        )
    },
    Probe {
        more: (Lax, "takes CR for a line end"),
        ..probe("A6", "CR between two commands", Stage::Hello, &[Say(b"NOOP\rNOOP\r\n")])
    },
    Probe {
        more: (Lax, "takes LF for a line end"),
        ..probe("A6", "LF between two commands", Stage::Hello, &[Say(b"NOOP\nNOOP\r\n")])
    },
    probe(
        "A6",
        "NUL in an address",
        Stage::Hello,
        &[Say(b"MAIL FROM:<probe\0@client.example>\r\n")],
    ),
    Probe {
        needs: Needs::Offered(Extension::Dsn),
        ..probe(
            "A8",
            "a line end in ENVID, encoded",
            Stage::Hello,
            &[Say(b"MAIL FROM:<{from}> ENVID=a+0D+0Ab\r\n")],
        )
    },
    Probe {
        more: (Lax, "cuts it, and runs the rest as commands"),
        ..probe("A9", "a line of 64 KiB", Stage::Hello, &[Line(64 << 10)])
    },
    probe("A9", "unknown commands", Stage::Hello, &[Repeat(b"XPROBE\r\n", 100)]),
    probe("A9", "recipients", Stage::Envelope, &[Repeat(b"RCPT TO:<{to}>\r\n", 1100)]),
    Probe {
        taken: (Safe, "drops it"),
        more: (NotProbed, "answers it, or it came too late"),
        ..probe("A10", "a hello before the greeting", Stage::Connect, &[Say(
            b"{ehlo} {hello}\r\n",
        )])
    },
    Probe {
        taken: (Safe, "drops it"),
        more: (Lax, "answers it"),
        ..probe("A10", "a command behind EHLO", Stage::Greeting, &[Say(
            b"{ehlo} {hello}\r\nNOOP\r\n",
        )])
    },
    Probe {
        replies: 2,
        taken: (Lax, "takes what did not wait for 354"),
        more: (Lax, "runs it as commands"),
        ..probe("A10", "a message behind DATA", Stage::Envelope, &[Say(
            b"DATA\r\nSubject: probe\r\n\r\nNOOP\r\n.\r\n",
        )])
    },
    Probe {
        taken: (Safe, "drops it"),
        more: (Lax, "answers it"),
        ..probe("A10", "a command behind QUIT", Stage::Hello, &[Say(b"QUIT\r\nNOOP\r\n")])
    },
    Probe {
        more: (Lax, "goes on: a browser may speak to it"),
        ..probe("A11", "an HTTP request", Stage::Greeting, &[Say(
            b"POST / HTTP/1.1\r\nHost: server.example\r\nContent-Length: 6\r\n\r\nNOOP\r\n",
        )])
    },
    Probe {
        more: (Lax, "goes on: TLS may speak to it"),
        ..probe("A11", "the begin of a TLS handshake", Stage::Greeting, &[Say(
            b"\x16\x03\x01\0\x2d\x01\0\0\x29\x03\x03\r\nNOOP\r\n0123456789012345678901\0\0\x02\x13\x01\x01\0\r\n",
        )])
    },
    Probe {
        needs: Needs::Offered(Extension::Chunking),
        more: (Exploitable, "refuses the chunk and runs it as commands"),
        ..probe("A12", "a chunk of no transaction", Stage::Hello, &[Say(
            b"BDAT 6\r\nNOOP\r\n",
        )])
    },
    // Nobody sends a chunk to a server that does not offer CHUNKING.
    Probe {
        needs: Needs::NotOffered(Extension::Chunking),
        more: (Lax, "refuses the chunk and runs it as commands"),
        ..probe("A12", "a chunk, which is not offered", Stage::Hello, &[Say(
            b"BDAT 6\r\nNOOP\r\n",
        )])
    },
    Probe {
        needs: Needs::Offered(Extension::Chunking),
        taken: PASSES_ON,
        more: (Exploitable, "ends the chunk there, runs what follows"),
        ..probe("A12", "in a chunk: LF . LF", Stage::Envelope, &[Say(
            b"BDAT 13 LAST\r\nprobe\n.\nNOOP\n",
        )])
    },
    Probe {
        needs: Needs::Offered(Extension::Chunking),
        taken: (Exploitable, "takes it for 6"),
        more: (Lax, "goes on with what may be the chunk"),
        ..probe("A12", "a chunk of 2^64 + 6 octets", Stage::Envelope, &[Say(
            b"BDAT 18446744073709551622 LAST\r\nNOOP\r\n",
        )])
    },
    Probe {
        needs: Needs::Offered(Extension::Chunking),
        taken: (Exploitable, "takes it for 6"),
        more: (Lax, "goes on with what may be the chunk"),
        ..probe("A12", "a chunk of 2^32 + 6 octets", Stage::Envelope, &[Say(
            b"BDAT 4294967302 LAST\r\nNOOP\r\n",
        )])
    },
    Probe {
        needs: Needs::Offered(Extension::Chunking),
        more: (Lax, "goes on with what may be the chunk"),
        ..probe("A12", "a chunk of -6 octets", Stage::Envelope, &[Say(
            b"BDAT -6 LAST\r\nNOOP\r\n",
        )])
    },
    Probe {
        needs: Needs::Offered(Extension::Chunking),
        ..probe("A12", "empty chunks", Stage::Envelope, &[Repeat(b"BDAT 0\r\n", 100)])
    },
    Probe {
        needs: Needs::Offered(Extension::Chunking),
        replies: 2,
        ..probe("A12", "DATA behind a chunk", Stage::Envelope, &[
            Say(b"BDAT 6\r\nHi\r\n\r\n"),
            Hear,
            Say(b"DATA\r\n"),
        ])
    },
    Probe {
        more: (Lax, "runs the message as commands"),
        ..probe("A13", "a message behind a refused DATA", Stage::Hello, &[Say(
            b"DATA\r\nNOOP\r\n.\r\n",
        )])
    },
    Probe {
        replies: 2,
        taken: (Lax, "goes on with the old transaction"),
        ..probe("A13", "RCPT behind a message", Stage::Data, &[
            Say(b"Subject: probe\r\n\r\nprobe\r\n.\r\n"),
            Hear,
            Say(b"RCPT TO:<{to}>\r\n"),
        ])
    },
    Probe {
        needs: Needs::Offered(Extension::Xclient),
        taken: (Lax, "lets anybody say who they are"),
        ..probe("A17", "XCLIENT", Stage::Hello, &[Say(b"XCLIENT NAME=probe.example\r\n")])
    },
    probe("A18", "no UTF-8 in an address", Stage::Hello, &[Say(
        b"MAIL FROM:<probe\xff@client.example>\r\n",
    )]),
    Probe {
        taken: (Exploitable, "takes half a message"),
        ..probe("A19", "the connection ends in a message", Stage::Data, &[
            Say(b"Subject: probe\r\n\r\nhalf of it\r\n"),
            EndOutput,
        ])
    },
    Probe {
        needs: Needs::Offered(Extension::Chunking),
        taken: (Exploitable, "takes half a message"),
        ..probe("A19", "the connection ends in a chunk", Stage::Envelope, &[
            Say(b"BDAT 100 LAST\r\nhalf of it\r\n"),
            EndOutput,
        ])
    },
    probe("A20", "one hello after the other", Stage::Hello, &[Repeat(
        b"{ehlo} {hello}\r\n",
        1100,
    )]),
];

/// A row as most are: one reply, and what is no refusal is lax.
const fn probe(
    rule: &'static str,
    title: &'static str,
    stage: Stage,
    steps: &'static [Step],
) -> Probe {
    Probe {
        rule,
        title,
        needs: Needs::Nothing,
        stage,
        steps,
        replies: 1,
        taken: (Lax, "takes it"),
        more: (Lax, "takes it for several commands"),
    }
}
