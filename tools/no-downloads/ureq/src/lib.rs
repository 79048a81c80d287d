//! As much of ureq as worker-build names. Every call fails.

use std::fmt;
use std::io::{self, Empty};

/// A client, and what is on the way to one.
pub struct Agent;

impl Agent {
    #[must_use]
    pub fn config_builder() -> Self {
        Self
    }

    #[must_use]
    pub fn tls_config(self, _: tls::TlsConfig) -> Self {
        self
    }

    #[must_use]
    pub fn build(self) -> Self {
        self
    }

    #[must_use]
    pub fn new_agent(self) -> Self {
        self
    }

    #[must_use]
    pub fn get(&self, _: &str) -> Self {
        Self
    }

    /// Always fails.
    pub fn call(self) -> Result<Response, Error> {
        Err(Error)
    }
}

/// An answer, which there never is.
pub struct Response;

impl Response {
    pub fn body_mut(&mut self) -> &mut Self {
        self
    }

    pub fn as_reader(&mut self) -> Empty {
        io::empty()
    }
}

/// What every call answers.
#[derive(Debug)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("this worker-build fetches nothing; tools/setup.mjs installs what it needs")
    }
}

impl std::error::Error for Error {}

/// Settings that are not looked at.
pub mod tls {
    pub struct TlsConfig;

    pub enum TlsProvider {
        NativeTls,
    }

    pub enum RootCerts {
        PlatformVerifier,
    }

    impl TlsConfig {
        #[must_use]
        pub fn builder() -> Self {
            Self
        }

        #[must_use]
        pub fn provider(self, _: TlsProvider) -> Self {
            self
        }

        #[must_use]
        pub fn root_certs(self, _: RootCerts) -> Self {
            self
        }

        #[must_use]
        pub fn build(self) -> Self {
            self
        }
    }
}
