//! Addresses of crypto wallets: Base58Check (Bitcoin, Litecoin, Dogecoin), Bech32 and Bech32m (BIP 173, BIP 350), and Ethereum's twenty
//! bytes in hexadecimal, whose checksum by capitals (EIP-55) is optional and not looked at.

use sha2::{Digest, Sha256};

/// Version bytes of Base58Check addresses that people pay to.
const VERSIONS: [u8; 6] = [0x00, 0x05, 0x30, 0x32, 0x1e, 0x16];
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Whether the text is such an address.
pub(crate) fn is_crypto_address(text: &str) -> bool {
    is_ethereum(text) || is_bech32(text) || is_base58_check(text)
}

fn is_ethereum(text: &str) -> bool {
    let Some(digits) = text.strip_prefix("0x").filter(|digits| digits.len() == 40) else { return false };
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()) && !digits.bytes().all(|digit| digit == digits.as_bytes()[0])
}

fn is_base58_check(text: &str) -> bool {
    if !(26..=35).contains(&text.len()) {
        return false;
    }
    let mut bytes = [0_u8; 25];
    for letter in text.bytes() {
        let Some(digit) = BASE58.iter().position(|known| *known == letter) else { return false };
        let mut carry = digit;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        if carry > 0 {
            return false;
        }
    }
    let (payload, check) = bytes.split_at(21);
    VERSIONS.contains(&payload[0]) && Sha256::digest(Sha256::digest(payload))[..4] == *check
}

fn is_bech32(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_one_case = lower == text || text.to_ascii_uppercase() == text;
    let Some((prefix, data)) = lower.rsplit_once('1') else { return false };
    if !is_one_case || !matches!(prefix, "bc" | "tb" | "ltc") || !(14..=74).contains(&data.len()) {
        return false;
    }
    let mut values: Vec<u32> = prefix.bytes().map(|letter| u32::from(letter) >> 5).collect();
    values.push(0);
    values.extend(prefix.bytes().map(|letter| u32::from(letter) & 31));
    for letter in data.bytes() {
        let Some(value) = (0_u32..).zip(BECH32).find(|(_, known)| **known == letter) else { return false };
        values.push(value.0);
    }
    matches!(polymod(&values), 1 | 0x2bc8_30a3)
}

/// The checksum of BIP 173.
fn polymod(values: &[u32]) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.iter().fold(1, |check, value| {
        let top = check >> 25;
        let next = (check & 0x01ff_ffff) << 5 ^ value;
        (0..5).filter(|bit| top >> bit & 1 == 1).fold(next, |next, bit| next ^ GENERATOR[bit])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_pass_their_checksums() {
        for address in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
        ] {
            assert!(is_crypto_address(address), "{address}");
        }
        for other in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp",
            "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA9604",
            "0x0000000000000000000000000000000000000000",
            "d8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
            "DE89370400440532013000",
        ] {
            assert!(!is_crypto_address(other), "{other}");
        }
    }
}
