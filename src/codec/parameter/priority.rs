//! MT-PRIORITY (RFC 6710 §7).

use alloc::format;

use super::value_from_str;
use crate::types::{MailParameters, ParameterKind, Priority};

/// `priority-value = (["-"] NZDIGIT) / "0"`
pub(super) fn priority(value: &[u8]) -> Option<Priority> {
    match *value {
        [b'0'] => Priority::new(0),
        [digit @ b'1'..=b'9'] => Priority::new((digit - b'0').try_into().ok()?),
        [b'-', digit @ b'1'..=b'9'] => Priority::new(-i8::try_from(digit - b'0').ok()?),
        _ => None,
    }
}

value_from_str!(Priority, priority);

impl MailParameters<'_> {
    /// MT-PRIORITY: how urgent the message is (RFC 6710).
    #[must_use]
    pub fn priority(&self) -> Option<Priority> {
        priority(self.0.value(ParameterKind::MtPriority.as_str())?.as_bytes())
    }

    /// With MT-PRIORITY: how urgent the message is (RFC 6710).
    #[must_use]
    pub fn with_priority(self, priority: Priority) -> MailParameters<'static> {
        self.setting(&format!("MT-PRIORITY={priority}"))
    }
}
