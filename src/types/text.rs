//! What every value that is one checked text has in common.

/// Defines a value that is one checked text, compared octet by octet; without
/// `Debug`, if it is not all for everybody's eyes.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        text_type! { $(#[$doc])* $name without Debug }

        impl core::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Debug::fmt(&self.0, f)
            }
        }
    };
    ($(#[$doc:meta])* $name:ident without Debug) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name<'a>(pub(crate) alloc::borrow::Cow<'a, str>);

        impl $name<'_> {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// A copy that borrows nothing: one allocation.
            #[must_use]
            pub fn into_owned(self) -> $name<'static> {
                $name(alloc::borrow::Cow::Owned(self.0.into_owned()))
            }
        }

        impl AsRef<str> for $name<'_> {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl core::fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use text_type;
