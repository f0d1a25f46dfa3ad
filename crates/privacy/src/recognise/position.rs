//! Pairs of latitude and longitude.

/// Whether the text is a pair of decimal degrees with three decimals and more each, as `52.5200, 13.4050`, in brackets, as a point of WKT
/// or as a `geo:` address.
pub(super) fn is_position(text: &str) -> bool {
    let inner = text.strip_prefix("geo:").unwrap_or(text);
    let inner = ["POINT", "point", "Point"].iter().find_map(|word| inner.strip_prefix(word)).unwrap_or(inner);
    let inner = inner.trim().trim_matches(['(', ')', '[', ']']);
    let mut parts = inner.split([',', ';', ' ']).map(str::trim).filter(|part| !part.is_empty());
    let (Some(first), Some(second), None) = (parts.next(), parts.next(), parts.next()) else { return false };
    let (Some(first), Some(second)) = (degrees(first), degrees(second)) else { return false };
    first.abs().min(second.abs()) <= 90.0 && first.abs().max(second.abs()) <= 180.0
}

fn degrees(text: &str) -> Option<f64> {
    let (_, decimals) = text.split_once('.')?;
    let is_fine = decimals.len() >= 3 && decimals.bytes().all(|digit| digit.is_ascii_digit());
    is_fine.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_fine_degrees() {
        for text in ["52.5200, 13.4050", "(-33.86880,151.20930)", "POINT (13.4050 52.5200)", "geo:52.5200,13.4050"] {
            assert!(is_position(text), "{text}");
        }
        for text in ["52.5200", "1.50, 2.50", "100.123, 200.456", "95.1234, 99.1234", "1.234.567", "a, b"] {
            assert!(!is_position(text), "{text}");
        }
    }
}
