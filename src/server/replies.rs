//! What the machine says by itself: one row a reply.

use crate::codec::Part;
use crate::types::{EnhancedCode, ReplyCode};

/// A reply of the machine's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) code: ReplyCode,
    pub(super) enhanced: Option<EnhancedCode>,
    pub(super) text: &'static str,
}

macro_rules! replies {
    ($($name:ident: $code:ident $($enhanced:ident)?, $text:literal;)*) => {
        $(pub(super) const $name: Said = Said {
            code: ReplyCode::$code,
            enhanced: replies!(@enhanced $($enhanced)?),
            text: $text,
        };)*

        #[cfg(test)]
        pub(super) const ALL: &[Said] = &[$($name),*];
    };
    (@enhanced) => { None };
    (@enhanced $enhanced:ident) => { Some(EnhancedCode::$enhanced) };
}

replies! {
    SENDER_OK: OK SENDER_OK, "Sender ok";
    RECIPIENT_OK: OK RECIPIENT_OK, "Recipient ok";
    WILL_FORWARD: WILL_FORWARD RECIPIENT_OK, "User not local; will forward";
    START_INPUT: START_MAIL_INPUT, "Start mail input; end with <CRLF>.<CRLF>";
    ACCEPTED: OK OK, "Message accepted";
    CHUNK_RECEIVED: OK OK, "Chunk received";
    FETCHED: OK OK, "Fetched";
    START_TLS: READY OK, "Ready to start TLS";
    AUTHENTICATED: AUTHENTICATED AUTHENTICATED, "Authentication succeeded";
    TURNED: OK OK, "Turning the connection round";
    QUEUE_STARTED: OK OK, "Queue started";
    NOTED: OK OK, "Noted";
    RESET: OK OK, "Reset";
    DONE: OK OK, "Ok";
    HELP: HELP OK, "This server speaks SMTP as in RFC 5321";
    VERIFIED: OK RECIPIENT_OK, "Mailbox exists";
    EXPANDED: OK RECIPIENT_OK, "List exists";
    CANNOT_VERIFY: CANNOT_VERIFY PROTOCOL, "Cannot VRFY user, but will accept message and attempt delivery";
    CLOSING: CLOSING OK, "closing connection";

    UNKNOWN_COMMAND: SYNTAX_ERROR INVALID_COMMAND, "Command not recognized";
    NOT_IMPLEMENTED: COMMAND_NOT_IMPLEMENTED INVALID_COMMAND, "Command not implemented";
    LINE_TOO_LONG: SYNTAX_ERROR SYNTAX_ERROR, "Line too long";
    AUTH_LINE_TOO_LONG: SYNTAX_ERROR AUTH_LINE_TOO_LONG, "Authentication exchange line is too long";
    BARE_LINE_FEED: SYNTAX_ERROR SYNTAX_ERROR, "Line ended by LF, not by CR LF";
    BARE_LINE_END_IN_DATA: MAILBOX_UNAVAILABLE SYNTAX_ERROR, "Message has a CR or LF outside of CR LF";
    NO_SERVICE: BAD_SEQUENCE INVALID_COMMAND, "No service here; only QUIT is left";
    HELLO_FIRST: BAD_SEQUENCE INVALID_COMMAND, "Say hello first";
    NESTED_MAIL: BAD_SEQUENCE INVALID_COMMAND, "A transaction is open already";
    MAIL_FIRST: BAD_SEQUENCE INVALID_COMMAND, "MAIL first";
    RCPT_FIRST: BAD_SEQUENCE INVALID_COMMAND, "No valid recipients";
    NO_VALID_RECIPIENTS: TRANSACTION_FAILED INVALID_COMMAND, "No valid recipients";
    DATA_AFTER_BDAT: BAD_SEQUENCE INVALID_COMMAND, "The message is coming in chunks";
    DATA_FOR_BINARY: BAD_SEQUENCE INVALID_COMMAND, "BODY=BINARYMIME needs BDAT";
    REFUSED_BEFORE: TRANSACTION_FAILED PROTOCOL_ERROR, "The message has been refused";
    TLS_ALREADY: BAD_SEQUENCE INVALID_COMMAND, "TLS is on already";
    IN_TRANSACTION: BAD_SEQUENCE INVALID_COMMAND, "Not in a transaction";
    AUTH_ALREADY: BAD_SEQUENCE INVALID_COMMAND, "Authenticated already";
    MECHANISM_NOT_OFFERED: PARAMETER_NOT_IMPLEMENTED INVALID_ARGUMENTS, "Mechanism not offered";
    SERVER_SPEAKS_FIRST: ARGUMENT_SYNTAX_ERROR SECURITY_REQUIRED, "The server speaks first in this mechanism";
    AUTH_CANCELLED: ARGUMENT_SYNTAX_ERROR SECURITY_REQUIRED, "Authentication cancelled";
    BAD_BASE64: ARGUMENT_SYNTAX_ERROR SYNTAX_ERROR, "Bad base64";
    TOO_MANY_ROUNDS: AUTHENTICATION_FAILED BAD_CREDENTIALS, "Authentication takes too many rounds";
    TLS_FIRST: AUTHENTICATION_REQUIRED SECURITY_REQUIRED, "Must issue a STARTTLS command first";
    AUTH_FIRST: AUTHENTICATION_REQUIRED SECURITY_REQUIRED, "Authentication required";
    HELD_TOO_LONG: ARGUMENT_SYNTAX_ERROR INVALID_ARGUMENTS, "To be held longer than this server holds messages";
    TOO_HASTY: PARAMETERS_NOT_RECOGNIZED INVALID_ARGUMENTS, "To be delivered sooner than this server promises";
    PARAMETER_NOT_OFFERED: PARAMETERS_NOT_RECOGNIZED INVALID_ARGUMENTS, "Parameter not recognized or not offered";
    NON_ASCII_SENDER: MAILBOX_UNAVAILABLE NON_ASCII_ADDRESS, "Address is not ASCII, and SMTPUTF8 was not given";
    NON_ASCII_RECIPIENT: MAILBOX_NAME_NOT_ALLOWED NON_ASCII_ADDRESS, "Address is not ASCII, and SMTPUTF8 was not given";
    TOO_BIG: EXCEEDED_STORAGE MESSAGE_TOO_BIG, "Message is larger than this server takes";
    TOO_MANY_RECIPIENTS: INSUFFICIENT_STORAGE TOO_MANY_RECIPIENTS, "Too many recipients";
    OUT_OF_TURN: TRANSACTION_FAILED PROTOCOL_ERROR, "You talk too soon";
    TOO_MANY_ERRORS: SERVICE_NOT_AVAILABLE SECURITY, "too many errors";
    TOO_MANY_COMMANDS: SERVICE_NOT_AVAILABLE SECURITY, "too many commands";
    TOO_MANY_TRANSACTIONS: SERVICE_NOT_AVAILABLE SECURITY, "too many transactions";
    TOO_MANY_AUTH_FAILURES: SERVICE_NOT_AVAILABLE SECURITY, "too many failed authentications";
    CROSS_PROTOCOL: SERVICE_NOT_AVAILABLE SECURITY, "speaks SMTP";
    SESSION_TOO_LONG: SERVICE_NOT_AVAILABLE BAD_CONNECTION, "the session has lasted too long";
    TIMEOUT: SERVICE_NOT_AVAILABLE BAD_CONNECTION, "timeout";
}

/// What a syntax error is called.
pub(super) const fn of_part(part: Part) -> &'static str {
    match part {
        Part::Line => "Line is not UTF-8",
        Part::Verb => "Command not recognized",
        Part::Path => "Bad path",
        Part::LocalPart => "Bad local part",
        Part::Domain => "Bad domain",
        Part::ParameterName => "Bad parameter name",
        Part::ParameterValue => "Bad parameter value",
        Part::DuplicateParameter => "Duplicate parameter",
        Part::ConflictingParameters => "Parameters do not go together",
        Part::TooManyParameters => "Too many parameters",
        Part::ChunkSize => "Bad chunk size",
        Part::Mechanism => "Bad mechanism name",
        Part::Base64 => "Bad base64",
        Part::Argument => "Bad argument",
    }
}

#[cfg(test)]
mod tests {
    use crate::types::Reply;

    #[test]
    fn every_reply_is_a_legal_one() {
        for said in super::ALL {
            let reply = Reply::new(said.code, said.enhanced, said.text).unwrap();
            assert_eq!(reply.lines().count(), 1);
            assert!(reply.as_bytes().is_ascii());
            assert_eq!(reply.enhanced(), said.enhanced);
        }
    }
}
