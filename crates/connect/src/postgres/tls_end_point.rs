//! What binds a password's proof to the encrypted stream on which it is given.

use sha2::{Digest, Sha256, Sha384, Sha512};

/// The binding `tls-server-end-point` (RFC 5929, section 4) to a server with this certificate (DER): its digest by the
/// function of its own signature, or by SHA-256 where that is an older one. `None` where the signature is made in another
/// way, for which nothing is defined.
pub(crate) fn tls_server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    // RFC 3279, 4055 and 5758: PKCS #1 is 1.2.840.113549.1.1, ECDSA with SHA-2 1.2.840.10045.4.3.
    const PKCS1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA_SHA2: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];
    let (last, family) = signature_algorithm(certificate)?.split_last()?;
    match (family, last) {
        // MD5, SHA-1, SHA-256.
        (PKCS1, 4 | 5 | 11) | (ECDSA_SHA2, 2) => Some(Sha256::digest(certificate).to_vec()),
        (PKCS1, 12) | (ECDSA_SHA2, 3) => Some(Sha384::digest(certificate).to_vec()),
        (PKCS1, 13) | (ECDSA_SHA2, 4) => Some(Sha512::digest(certificate).to_vec()),
        _ => None,
    }
}

/// The number of the algorithm with which a certificate is signed: the second of its three parts begins with it (RFC 5280,
/// section 4.1).
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const OBJECT_IDENTIFIER: u8 = 0x06;
    let (parts, _) = element(certificate, SEQUENCE)?;
    let (_, behind) = element(parts, SEQUENCE)?;
    let (algorithm, _) = element(behind, SEQUENCE)?;
    element(algorithm, OBJECT_IDENTIFIER).map(|(number, _)| number)
}

/// The content of the DER element of this kind that comes first, and what is behind it.
fn element(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match head[1] {
        length @ 0..0x80 => (usize::from(length), rest),
        count => {
            let (length, rest) =
                rest.split_at_checked(usize::from(count & 0x7f)).filter(|(length, _)| length.len() <= 4)?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
    };
    (head[0] == kind).then(|| rest.split_at_checked(length)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(algorithm: &[u8]) -> Vec<u8> {
        let wrap = |kind: u8, content: &[u8]| {
            let length = u16::try_from(content.len()).unwrap().to_be_bytes();
            [&[kind, 0x82], &length[..], content].concat()
        };
        let parts = [wrap(0x30, &[7; 300]), wrap(0x30, &wrap(6, algorithm)), wrap(3, &[1; 256])];
        wrap(0x30, &parts.concat())
    }

    #[test]
    fn the_digest_is_that_of_the_signature() {
        let rsa = |last| certificate(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last]);
        let length = |certificate: &[u8]| tls_server_end_point(certificate).map(|digest| digest.len());
        assert_eq!([5, 11, 12, 13].map(|last| length(&rsa(last))), [Some(32), Some(32), Some(48), Some(64)]);
        assert_eq!(length(&rsa(10)), None, "RSASSA-PSS says its function elsewhere");
        let ecdsa = certificate(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03]);
        assert_eq!(length(&ecdsa), Some(48));
        assert_eq!(tls_server_end_point(&ecdsa), Some(Sha384::digest(&ecdsa).to_vec()));
    }

    #[test]
    fn what_is_no_certificate_binds_nothing() {
        let whole = certificate(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03]);
        for length in [0, 1, 2, 4, 300, 315] {
            assert_eq!(tls_server_end_point(&whole[..length]), None, "{length}");
        }
        assert_eq!(tls_server_end_point(&[0x30, 0xff, 1, 2, 3]), None);
    }
}
