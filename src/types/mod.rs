//! The vocabulary: what a client and a server say to each other, as values.
//!
//! No value can be built or parsed that could not be written and read back:
//! fields are private, constructors check, and nothing can hold a CR, an LF or
//! another control character. Texts are borrowed from the line they were parsed
//! from, or owned; `into_owned` copies each exactly once.
//!
//! How the values relate to octets is in [`codec`](crate::codec).

mod attribute;
mod capability;
pub(crate) mod class;
mod code;
mod command;
mod date;
mod enhanced;
mod envelope;
mod hello;
mod host;
mod limits;
mod mailbox;
mod parameter;
mod path;
mod protocol;
mod queue;
mod reply;
mod sasl;
mod text;
pub(crate) mod word;

pub use attribute::{Attribute, AttributeValue, XclientAttributes, XforwardAttributes};
pub(crate) use capability::Extensions;
pub use capability::{Capabilities, Capability, Extension};
pub use code::{Category, ReplyCode, Severity};
pub use command::{Argument, Command, UnknownCommand, Verb};
pub use date::DateTime;
pub use enhanced::EnhancedCode;
pub use envelope::{Envelope, Recipient};
pub use hello::HelloName;
pub(crate) use host::HostKind;
pub use host::{Domain, GeneralLiteral, Host};
pub use limits::Limits;
pub(crate) use mailbox::MailboxLayout;
pub use mailbox::{LocalPart, Mailbox};
pub use parameter::{
    BodyType, ByMode, DeliverBy, MailParameters, MessageTracking, NoSupportAction, Notify,
    OriginalRecipient, Parameter, ParameterKind, Priority, RcptParameters, Ret, SubmitterIdentity,
    ValidSince,
};
pub(crate) use parameter::{ParameterKinds, Parameters};
pub use path::{ForwardPath, ReversePath};
pub use protocol::Protocol;
pub use queue::{AbsoluteUri, DomainList, EtrnTarget, QueueName};
pub use reply::{Reply, ReplyText};
pub use sasl::{Mechanism, SaslLine, SaslMessage};
