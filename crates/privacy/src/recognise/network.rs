//! Addresses of machines and of pages.

use std::net::{IpAddr, SocketAddr};

/// Whether the text is an address of either version, with or without a port.
pub(crate) fn is_ip_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || text.parse::<SocketAddr>().is_ok()
}

/// Whether the text is an EUI-48: six pairs of hexadecimal digits with one kind of separator, or three groups of four with dots.
pub(super) fn is_mac(text: &str) -> bool {
    let bytes = text.as_bytes();
    let grouped = |size: usize, separator: u8| {
        bytes
            .iter()
            .enumerate()
            .all(|(place, byte)| if place % (size + 1) == size { *byte == separator } else { byte.is_ascii_hexdigit() })
    };
    match bytes.len() {
        17 => grouped(2, b':') || grouped(2, b'-'),
        14 => grouped(4, b'.'),
        _ => false,
    }
}

/// Whether the text is a web address: a scheme, a host with a dot or `localhost`, no white space.
pub(super) fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.strip_prefix("www.").is_some_and(is_host);
    };
    matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https" | "ftp" | "ws" | "wss") && is_host(rest)
}

fn is_host(rest: &str) -> bool {
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !rest.contains(char::is_whitespace) && !host.is_empty() && (host.contains('.') || host.starts_with("localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_machines_and_pages() {
        for mac in ["00:1A:2b:3c:4d:5e", "00-1a-2b-3c-4d-5e", "001a.2b3c.4d5e"] {
            assert!(is_mac(mac), "{mac}");
        }
        for other in ["00:1A:2b:3c:4d", "00:1A-2b:3c-4d:5e", "001a2b3c4d5e", "10:20:30:40:50:6g"] {
            assert!(!is_mac(other), "{other}");
        }
        for url in ["https://host.example/x?y=1", "http://localhost:8080/", "www.example.com"] {
            assert!(is_url(url), "{url}");
        }
        for other in ["mailto:x@y.example", "/orders/1", "s3://bucket/key", "https:// x.example", "host.example"] {
            assert!(!is_url(other), "{other}");
        }
    }
}
