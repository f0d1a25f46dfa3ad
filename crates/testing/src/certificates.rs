//! Certificates for a PostgreSQL server of a test and for its users.

use std::path::Path;
use std::process::Command;

use crate::postgres::{PostgresError, run};

/// Makes an authority, a certificate for `localhost` that it signs, where the server looks for it, and one for the user
/// `certified`.
pub(crate) fn certify(folder: &Path, as_root: bool) -> Result<(), PostgresError> {
    let step = "make a certificate";
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command.args(arguments.split(' ')).current_dir(folder);
        run(&mut command, step)
    };
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n")
        .map_err(|error| PostgresError::failed(step, error))?;
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout authority.key -out authority.pem")?;
    openssl("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout data/server.key -out server.csr")?;
    openssl(
        "x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile names \
         -out data/server.crt",
    )?;
    openssl("req -newkey rsa:2048 -nodes -subj /CN=certified -keyout client.key -out client.csr")?;
    std::fs::write(folder.join("use"), "extendedKeyUsage=clientAuth\n")
        .map_err(|error| PostgresError::failed(step, error))?;
    openssl(
        "x509 -req -in client.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile use \
         -out client.pem",
    )?;
    run(Command::new("chmod").args(["600", "data/server.key"]).current_dir(folder), step)?;
    if as_root {
        run(Command::new("chown").args(["postgres:postgres", "data/server.key"]).current_dir(folder), step)?;
    }
    Ok(())
}
