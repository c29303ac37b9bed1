//! Leniencies of the grammar, each by name.

/// What the command grammar takes beyond the RFCs.
///
/// [`Syntax::STRICT`], the default, takes what RFC 5321 and the extension RFCs
/// allow, and with them what is so common that no server does well to refuse it:
///
/// - blanks at the end of a line (RFC 5321 §4.1.1 asks every server to tolerate
///   them), also of a line inside AUTH;
/// - several blanks, or tabs, between a verb and an argument other than
///   `FROM:` and `TO:`;
/// - verbs, keywords and the values that RFCs spell out, in any case;
/// - host names in EHLO and HELO alike: HELO with an address literal, which
///   RFC 5321 §4.1.1.1 grants to EHLO only;
/// - UTF-8 in addresses (RFC 6531), whether or not the command says SMTPUTF8:
///   what the session allows is for the session to say;
/// - ORCPT in xtext of UTF-8 octets, as Postfix sends it; MTRK in padded base64.
///
/// Each field widens it by one habit of real clients:
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
    /// Dots at the ends of a local part and in a row, as some mobile carriers
    /// hand out: `MAIL FROM:<a..b.@docomo.example>`.
    pub loose_dots: bool,
    /// More than one blank, or tabs, before `FROM:` and `TO:` and between
    /// parameters: `MAIL FROM:<a@b.example>  SIZE=1`. They are read as one.
    pub extra_blanks: bool,
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
        loose_dots: false,
        extra_blanks: false,
        max_parameters: 32,
    };

    /// Every leniency; no more parameters than [`STRICT`](Self::STRICT) has.
    pub const LENIENT: Self = Self {
        blanks_before_path: true,
        bare_paths: true,
        local_paths: true,
        odd_hello_names: true,
        long_paths: true,
        loose_dots: true,
        extra_blanks: true,
        ..Self::STRICT
    };
}

impl Default for Syntax {
    fn default() -> Self {
        Self::STRICT
    }
}
