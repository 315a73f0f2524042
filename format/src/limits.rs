//! Every limit of the format, with its unit and its reason.
//!
//! Writers stay within them and readers refuse what exceeds them, so that no length in a hostile file decides how much memory is taken.

/// The most rows one block may have. A block is the unit of parallel work: large enough to compress, small enough to balance.
pub const BLOCK_ROWS_MAX: usize = 65_536;
/// The raw bytes after which a block is full.
pub const BLOCK_RAW_BYTES: usize = 16 << 20;
/// The most bytes all decoded columns of one block may take before they become values. Four times the raw limit: statuses, lengths and dictionaries come on top.
pub const BLOCK_DECODED_MAX: usize = 64 << 20;
/// The longest row, in bytes of values. The probe's frames are 16 KiB; imports may carry more.
pub const ROW_BYTES_MAX: usize = 1 << 20;
/// The longest payload of an item, in bytes.
pub const ITEM_PAYLOAD_MAX: usize = 64 << 20;
/// The most events a schema may declare.
pub const SCHEMA_EVENTS_MAX: usize = 4096;
/// The most parameters one event may have: the bits of a projection's column set.
pub const PARAMS_MAX: usize = 64;
/// The longest name of an event, a parameter or a node, in bytes.
pub const NAME_MAX: usize = 255;
/// The most bytes of a decompressed schema.
pub const SCHEMA_BYTES_MAX: usize = 4 << 20;
/// The most bytes of a decompressed index: 100 bytes for each of 300,000 items.
pub const INDEX_BYTES_MAX: usize = 32 << 20;
/// The most ranges that one DROPPED item has: with a boot and a pin for each, the segments of more than a year of hours.
pub const DROPPED_RANGES_MAX: usize = 16_384;
/// The most steps that one DERIVED item has: a slice of a slice of a redaction is rare, and each step is some hundred bytes.
pub const DERIVATION_STEPS_MAX: usize = 64;
/// The longest text of a step's arguments in a DERIVED item, in bytes: a long condition, or the rules of a redaction.
pub const DERIVATION_TEXT_MAX: usize = 64 << 10;
/// The most items that one SIGNATURE item lists, by digests of 32 bytes. A recorder signs every few seconds, and writes some items a second.
pub const SIGNED_ITEMS_MAX: usize = 4096;
/// The most bytes that are read of a file of certificates: a quarter of a million, one for each segment that was ever sealed with the chain of keys.
pub const CERTIFICATES_BYTES_MAX: u64 = 64 << 20;
/// The most segments read as one capture.
pub const SEGMENTS_MAX: usize = 1_000_000;
/// Encoded columns of an event's rows that stay below this many bytes share one zstd frame with those of other small events.
pub const SMALL_SHRED_BYTES: usize = 8 << 10;
/// The zstd level of blocks unless the caller asks for another: level 3 saves a few percent for twice the time.
pub const DEFAULT_LEVEL: i32 = 1;

const _: () = assert!(falco_abi::limits::PARAMS_MAX <= PARAMS_MAX);
const _: () = assert!(falco_abi::limits::FRAME_MAX <= ROW_BYTES_MAX);
