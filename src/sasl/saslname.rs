//! Names inside messages of fields (RFC 5801 §4, RFC 5802 §5.1): a comma and an
//! equals sign have other meanings there.

use alloc::string::String;

/// Writes a name.
pub(super) fn encode(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// Reads a name. `None`: it is none.
pub(super) fn decode(encoded: &str) -> Option<String> {
    let mut parts = encoded.split('=');
    let mut name = String::from(parts.next()?);
    for part in parts {
        let (character, rest) = match part.strip_prefix("2C") {
            Some(rest) => (',', rest),
            None => ('=', part.strip_prefix("3D")?),
        };
        name.push(character);
        name.push_str(rest);
    }
    let is_name = !name.is_empty() && !encoded.contains([',', '\0']);
    is_name.then_some(name)
}
