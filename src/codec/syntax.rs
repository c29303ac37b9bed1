//! Leniencies of the grammar, each by name.

/// What the command grammar takes beyond the RFCs.
///
/// [`Syntax::STRICT`], the default, takes what RFC 5321 and the extension RFCs
/// allow, and trailing blanks, which RFC 5321 §4.1.1 asks every server to
/// tolerate. Each field widens it by one habit of real clients:
///
/// ```
/// use ehlo::codec::Syntax;
/// let mut syntax = Syntax::STRICT;
/// syntax.blanks_before_path = true;
/// # let _ = syntax;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each is an independent switch
#[non_exhaustive]
pub struct Syntax {
    /// Blanks between `FROM:` or `TO:` and the path: `MAIL FROM: <a@b.example>`.
    pub blanks_before_path: bool,
    /// Paths without angle brackets: `MAIL FROM:a@b.example`.
    pub bare_paths: bool,
    /// Paths without a domain, which the application then judges:
    /// `RCPT TO:<alice>`. (`<Postmaster>` is always allowed.)
    pub local_paths: bool,
    /// Any word as the argument of EHLO, HELO and LHLO: `HELO my_pc`.
    pub odd_hello_names: bool,
    /// Local parts beyond 64 octets, domains beyond 255 and paths beyond 256.
    ///
    /// RFC 5321 §4.5.3.1 gives these as sizes that everyone must be able to
    /// take, not as limits, and real local parts (VERP, SRS) exceed 64 octets.
    /// So a server's default has this on; the line limit bounds them.
    pub long_paths: bool,
    /// The most parameters that one command may carry.
    pub max_parameters: usize,
}

impl Syntax {
    /// Nothing beyond the RFCs.
    pub const STRICT: Self = Self {
        blanks_before_path: false,
        bare_paths: false,
        local_paths: false,
        odd_hello_names: false,
        long_paths: false,
        max_parameters: 32,
    };
}

impl Default for Syntax {
    fn default() -> Self {
        Self::STRICT
    }
}
