//! What goes over the wire: replies. For `benches/reply.rs` and the peers.

#![allow(dead_code)] // nobody uses all of it

/// What a client hears most.
pub(crate) const REPLIES: [&str; 12] = [
    "220 mx.example.com ESMTP Postfix",
    "250 OK",
    "250 2.1.0 Ok",
    "250 2.1.5 <bob@example.org>... Recipient ok",
    "354 End data with <CR><LF>.<CR><LF>",
    "250 2.0.0 Ok: queued as 4F3Xz12Lk0z9sPQ",
    "221 2.0.0 Bye",
    "550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown",
    "450 4.7.1 Greylisted, please try again in 300 seconds",
    "334 VXNlcm5hbWU6",
    "235 2.7.0 Authentication successful",
    "421 4.4.2 mx.example.com Error: timeout exceeded",
];

pub(crate) const EHLO: &str = "250-mx.example.com at your service, [192.0.2.1]\r
250-PIPELINING\r
250-SIZE 52428800\r
250-8BITMIME\r
250-SMTPUTF8\r
250-DSN\r
250-ENHANCEDSTATUSCODES\r
250-STARTTLS\r
250-AUTH PLAIN LOGIN SCRAM-SHA-256\r
250-CHUNKING\r
250-BINARYMIME\r
250-VRFY\r
250-ETRN\r
250-DELIVERBY 300\r
250 REQUIRETLS\r
";
