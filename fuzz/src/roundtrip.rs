use core::any::type_name;
use core::fmt::{Debug, Display};
use core::str::FromStr;

use arbitrary::{Arbitrary, Result, Unstructured};
use ehlo::arbitrary::{NearlyCommand, NearlyReply};
use ehlo::codec::{ReplyLimits, ReplyParser, Syntax};
use ehlo::types::{
    AbsoluteUri, Argument, BodyType, Capabilities, Capability, Command, DateTime, DeliverBy,
    Domain, DomainList, EnhancedCode, Envelope, EtrnTarget, ForwardPath, GeneralLiteral, HelloName,
    Host, LocalPart, MailParameters, Mailbox, Mechanism, MessageTracking, Notify,
    OriginalRecipient, Parameter, Priority, QueueName, RcptParameters, Reply, ReplyText, Ret,
    ReversePath, SaslLine, SubmitterIdentity, ValidSince, XclientAttributes, XforwardAttributes,
};

use super::command::{check_written, without_line_end};
use super::parameters;

/// Values built from the octets: each is written as what reads back as itself.
pub fn roundtrip(octets: &[u8]) {
    let mut source = Unstructured::new(octets);
    while !source.is_empty() {
        // That the octets do not suffice, or make nothing valid, is no fault.
        if one(&mut source).is_err() {
            break;
        }
    }
}

fn one(source: &mut Unstructured<'_>) -> Result<()> {
    match source.int_in_range(0..=15)? {
        0..=3 => check_written(&source.arbitrary()?, &Syntax::STRICT),
        4 | 5 => reply(&source.arbitrary()?),
        6 => capabilities(&source.arbitrary()?),
        7 => envelope(source.arbitrary()?),
        8 => nearly(source)?,
        9 => {
            let line: SaslLine<'_> = source.arbitrary()?;
            let mut written = Vec::new();
            line.write(&mut written);
            assert_eq!(SaslLine::parse(without_line_end(&written)), Ok(line));
        }
        10 => {
            let text: ReplyText = source.arbitrary()?;
            let code = source.arbitrary()?;
            reply(&Reply::new(code, None, text.as_str()).unwrap());
        }
        11 => {
            let literal: GeneralLiteral<'_> = source.arbitrary()?;
            let host = Host::General(literal);
            assert_eq!(host.to_string().parse(), Ok(host));
        }
        12 => {
            let parameters: MailParameters<'_> = source.arbitrary()?;
            parameters::check_mail(&parameters);
            let identity: SubmitterIdentity<'_> = source.arbitrary()?;
            if let Ok(parameters) = parameters.with_auth(&identity) {
                assert_eq!(parameters.auth(), Some(identity));
            }
        }
        13 => parameters::check_rcpt(&source.arbitrary()?),
        _ => texts(source)?,
    }
    Ok(())
}

/// Values whose wire form is what `Display` gives and `FromStr` takes.
fn texts(source: &mut Unstructured<'_>) -> Result<()> {
    type Check<'u> = fn(&mut Unstructured<'u>) -> Result<()>;
    let checks: &[Check<'_>] = &[
        text::<LocalPart<'_>>,
        text::<Domain<'_>>,
        text::<Host<'_>>,
        text::<HelloName<'_>>,
        text::<Mailbox<'_>>,
        text::<ReversePath<'_>>,
        text::<ForwardPath<'_>>,
        text::<Parameter<'_>>,
        text::<MailParameters<'_>>,
        text::<RcptParameters<'_>>,
        text::<OriginalRecipient<'_>>,
        text::<MessageTracking<'_>>,
        text::<BodyType>,
        text::<DeliverBy>,
        text::<Notify>,
        text::<Ret>,
        text::<Priority>,
        text::<ValidSince>,
        text::<DateTime>,
        text::<EnhancedCode>,
        text::<Mechanism>,
        text::<Argument<'_>>,
        text::<QueueName<'_>>,
        text::<DomainList<'_>>,
        text::<EtrnTarget<'_>>,
        text::<AbsoluteUri<'_>>,
        text::<Capability<'_>>,
        text::<XclientAttributes<'_>>,
        text::<XforwardAttributes<'_>>,
    ];
    source.choose(checks)?(source)
}

fn text<'u, T>(source: &mut Unstructured<'u>) -> Result<()>
where
    T: Arbitrary<'u> + Display + FromStr + Debug + PartialEq,
{
    let value: T = source.arbitrary()?;
    let text = value.to_string();
    assert!(!text.bytes().any(|octet| octet.is_ascii_control()));
    let again = text.parse::<T>().ok();
    assert_eq!(again.as_ref(), Some(&value), "{}", type_name::<T>());
    assert_eq!(again.map(|again| again.to_string()), Some(text));
    Ok(())
}

fn reply(reply: &Reply<'_>) {
    let again = Reply::parse(reply.as_bytes());
    assert_eq!(again.as_ref(), Ok(reply));
    let mut input = bytes::BytesMut::from(reply.as_bytes());
    let next = ReplyParser::new(ReplyLimits::default()).next(&mut input);
    assert_eq!(next, Some(Ok(reply.clone().into_owned())));
    assert!(input.is_empty());
}

fn capabilities(capabilities: &Capabilities<'_>) {
    let reply = Reply::parse(capabilities.reply().as_bytes()).unwrap();
    assert_eq!(&Capabilities::from(reply), capabilities);
}

fn envelope(envelope: Envelope) {
    let mail = Command::Mail {
        reverse_path: envelope.reverse_path,
        parameters: envelope.parameters,
    };
    check_written(&mail, &Syntax::STRICT);
    for recipient in envelope.recipients {
        let rcpt = Command::Rcpt {
            forward_path: recipient.forward_path,
            parameters: recipient.parameters,
        };
        check_written(&rcpt, &Syntax::STRICT);
    }
}

fn nearly(source: &mut Unstructured<'_>) -> Result<()> {
    let command: NearlyCommand = source.arbitrary()?;
    super::command(without_crlf(command.as_bytes()));
    let reply: NearlyReply = source.arbitrary()?;
    super::reply(reply.as_bytes());
    Ok(())
}

fn without_crlf(octets: &[u8]) -> &[u8] {
    octets.strip_suffix(b"\r\n").unwrap_or(octets)
}
