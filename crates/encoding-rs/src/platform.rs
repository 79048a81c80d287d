//! The decoder of the platform: `TextDecoder` in a Worker.

#[cfg(target_arch = "wasm32")]
pub(crate) use worker::Decoder;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use host::Decoder;

#[cfg(target_arch = "wasm32")]
mod worker {
    use web_sys::{TextDecodeOptions, TextDecoder};

    /// Keeps what a piece ends in the middle of. `None` where the platform does not know the encoding.
    pub(crate) struct Decoder(Option<TextDecoder>);

    impl Decoder {
        pub(crate) fn new(name: &str) -> Self {
            Self(TextDecoder::new_with_label(name).ok())
        }

        pub(crate) fn decode(&mut self, piece: &[u8], is_last: bool) -> String {
            let options = TextDecodeOptions::new();
            options.set_stream(!is_last);
            let decoded = self
                .0
                .as_ref()
                .and_then(|decoder| decoder.decode_with_u8_array_and_options(piece, &options).ok());
            // Where the platform says nothing, nothing is known of the piece.
            decoded.unwrap_or_else(|| char::REPLACEMENT_CHARACTER.to_string())
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod host {
    /// Keeps what a piece ends in the middle of.
    pub(crate) struct Decoder(real::Decoder);

    impl Decoder {
        pub(crate) fn new(name: &str) -> Self {
            let encoding = real::Encoding::for_label(name.as_bytes()).unwrap_or(real::REPLACEMENT);
            Self(encoding.new_decoder_without_bom_handling())
        }

        pub(crate) fn decode(&mut self, mut piece: &[u8], is_last: bool) -> String {
            let mut text = String::new();
            loop {
                text.reserve(piece.len() * 3 + 16);
                let (result, read, _) = self.0.decode_to_string(piece, &mut text, is_last);
                piece = piece.get(read..).unwrap_or_default();
                if result == real::CoderResult::InputEmpty {
                    return text;
                }
            }
        }
    }
}
