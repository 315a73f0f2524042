//! The codes of diagnostics: ours, one per kind of mistake, and Falco's, which editors and CI already parse.

use std::fmt;

macro_rules! falco_codes {
    ($($(#[$doc:meta])* $variant:ident => $text:literal, $description:literal;)*) => {
        /// A code of Falco's loader.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FalcoCode { $(#[doc = $text] $variant,)* }

        impl FalcoCode {
            /// The code as Falco prints it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// A short description of the kind of problem.
            #[must_use]
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => $description,)* }
            }
        }
    };
}

falco_codes! {
    ErrFileRead => "LOAD_ERR_FILE_READ", "Error opening/reading rules file";
    ErrYamlParse => "LOAD_ERR_YAML_PARSE", "Error parsing YAML";
    ErrYamlValidate => "LOAD_ERR_YAML_VALIDATE", "Error validating internal structure of YAML file";
    ErrCompileCondition => "LOAD_ERR_COMPILE_CONDITION", "Error compiling condition";
    ErrCompileOutput => "LOAD_ERR_COMPILE_OUTPUT", "Error compiling output";
    ErrValidate => "LOAD_ERR_VALIDATE", "Error validating rule/macro/list/exception objects";
    ErrExtension => "LOAD_ERR_EXTENSION", "Error in extension item";
    UnknownSource => "LOAD_UNKNOWN_SOURCE", "Unknown event source";
    UnsafeNaCheck => "LOAD_UNSAFE_NA_CHECK", "Unsafe <NA> comparison in condition";
    NoEvttype => "LOAD_NO_EVTTYPE", "Condition has no event-type restriction";
    UnknownFilter => "LOAD_UNKNOWN_FILTER", "Unknown field or event-type in condition or output";
    UnusedMacro => "LOAD_UNUSED_MACRO", "Unused macro";
    UnusedList => "LOAD_UNUSED_LIST", "Unused list";
    UnknownItem => "LOAD_UNKNOWN_ITEM", "Unknown rules file item";
    DeprecatedItem => "LOAD_DEPRECATED_ITEM", "Used deprecated item";
    WarningExtension => "LOAD_WARNING_EXTENSION", "Warning in extension item";
    AppendNoValues => "LOAD_APPEND_NO_VALUES", "Overriding/appending with no values";
    ExceptionNameNotUnique => "LOAD_EXCEPTION_NAME_NOT_UNIQUE", "Multiple exceptions defined with the same name";
    InvalidMacroName => "LOAD_INVALID_MACRO_NAME", "Invalid macro name";
    InvalidListName => "LOAD_INVALID_LIST_NAME", "Invalid list name";
    CompileCondition => "LOAD_COMPILE_CONDITION", "Warning in condition compilation";
    UnknownKey => "LOAD_UNKNOWN_KEY", "Unknown key in item";
}

/// Whether a diagnostic keeps rules from loading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Rules do not load.
    Error,
    /// Rules load.
    Warning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident => $text:literal, $severity:ident, $falco:expr;)*) => {
        /// What is wrong. Names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code's name, such as `unknown-field`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Whether it keeps rules from loading.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// Falco's code for it, unless the place decides.
            #[must_use]
            pub fn falco(self) -> Option<FalcoCode> {
                use FalcoCode::*;
                match self { $(Self::$variant => $falco,)* }
            }
        }
    };
}

codes! {
    /// A rule file cannot be read.
    UnreadableFile => "unreadable-file", Error, Some(ErrFileRead);
    /// A rule file is no YAML.
    YamlSyntax => "yaml-syntax", Error, Some(ErrYamlParse);
    /// A rule file or an item has not the shape it must have.
    InvalidStructure => "invalid-structure", Error, Some(ErrYamlValidate);
    /// A required key is missing or empty.
    MissingKey => "missing-key", Error, Some(ErrYamlValidate);
    /// A key's value is of the wrong kind.
    InvalidKeyValue => "invalid-key-value", Error, Some(ErrYamlValidate);
    /// An `override` asks for what cannot be.
    InvalidOverride => "invalid-override", Error, Some(ErrYamlValidate);
    /// The file needs a newer engine.
    EngineTooOld => "engine-too-old", Error, Some(ErrValidate);
    /// The file needs a plugin that is not offered.
    MissingPlugin => "missing-plugin", Error, Some(ErrValidate);
    /// An append, override or switch of something that does not exist.
    NothingToOverride => "nothing-to-override", Error, Some(ErrValidate);
    /// A rule is defined again for another source.
    SourceChanged => "source-changed", Error, Some(ErrValidate);
    /// An exception that makes no sense.
    InvalidException => "invalid-exception", Error, Some(ErrValidate);
    /// A condition names a macro that does not exist, or not yet.
    UndefinedMacro => "undefined-macro", Error, Some(ErrValidate);
    /// Macros that name each other in a circle.
    MacroLoop => "macro-loop", Error, Some(ErrValidate);
    /// A condition that cannot be parsed.
    ConditionSyntax => "condition-syntax", Error, Some(ErrCompileCondition);
    /// A condition that grows or nests beyond the limits.
    ConditionTooLarge => "condition-too-large", Error, Some(ErrCompileCondition);
    /// A field that the source does not have.
    UnknownField => "unknown-field", Error, Some(ErrCompileCondition);
    /// A field's argument that is missing, not allowed, or of the wrong kind.
    InvalidFieldArgument => "invalid-field-argument", Error, Some(ErrCompileCondition);
    /// An event type that the source does not have.
    UnknownEventType => "unknown-event-type", Error, Some(ErrCompileCondition);
    /// An operator that the field's type does not have.
    OperatorMismatch => "operator-mismatch", Error, Some(ErrCompileCondition);
    /// A constant that is not of the field's type.
    InvalidValue => "invalid-value", Error, Some(ErrCompileCondition);
    /// A regular expression that is none.
    InvalidRegex => "invalid-regex", Error, Some(ErrCompileCondition);
    /// A comparison of two fields that cannot be.
    IncompatibleSides => "incompatible-sides", Error, Some(ErrCompileCondition);
    /// A transformer that cannot be applied.
    InvalidTransformer => "invalid-transformer", Error, Some(ErrCompileCondition);
    /// An output that cannot be parsed.
    OutputSyntax => "output-syntax", Error, Some(ErrCompileOutput);
    /// A rule for a source that is not offered.
    UnknownSource => "unknown-source", Warning, Some(UnknownSource);
    /// A comparison with `<NA>` where `exists` is meant.
    UnsafeNaCheck => "unsafe-na-check", Warning, Some(UnsafeNaCheck);
    /// A rule that no event type narrows.
    NoEventType => "no-event-type", Warning, Some(NoEvttype);
    /// A rule left out because it asked to be if a field or event type is unknown.
    SkippedRule => "skipped-rule", Warning, Some(UnknownFilter);
    /// A macro that nothing uses.
    UnusedMacro => "unused-macro", Warning, Some(UnusedMacro);
    /// A list that nothing uses.
    UnusedList => "unused-list", Warning, Some(UnusedList);
    /// An item of a kind nobody knows.
    UnknownItem => "unknown-item", Warning, Some(UnknownItem);
    /// A key nobody knows.
    UnknownKey => "unknown-key", Warning, Some(UnknownKey);
    /// `append: true` instead of `override`.
    DeprecatedAppend => "deprecated-append", Warning, Some(DeprecatedItem);
    /// `enabled` alone instead of with `override`.
    DeprecatedEnabled => "deprecated-enabled", Warning, Some(DeprecatedItem);
    /// `evt.dir`, which says nothing any more.
    DeprecatedDirection => "deprecated-direction", Warning, Some(DeprecatedItem);
    /// `%container.info`, which is empty.
    DeprecatedContainerInfo => "deprecated-container-info", Warning, Some(DeprecatedItem);
    /// An exception overridden or appended without values.
    AppendNoValues => "append-no-values", Warning, Some(AppendNoValues);
    /// Two exceptions of one name in a rule.
    ExceptionNameNotUnique => "exception-name-not-unique", Warning, Some(ExceptionNameNotUnique);
    /// A macro whose name no condition can use.
    InvalidMacroName => "invalid-macro-name", Warning, Some(InvalidMacroName);
    /// A list whose name no condition can use.
    InvalidListName => "invalid-list-name", Warning, Some(InvalidListName);
    /// A constant that reads like a field.
    FieldAsConstant => "field-as-constant", Warning, Some(CompileCondition);
    /// A regular expression that a simpler operator replaces.
    SimpleRegex => "simple-regex", Warning, Some(CompileCondition);
    /// A comparison that can never be true.
    NeverTrue => "never-true", Warning, None;
    /// A comparison with a text that hardly any value of its field is.
    UnlikelyValue => "unlikely-value", Warning, None;
    /// A rule that an earlier one always precedes.
    ShadowedRule => "shadowed-rule", Warning, None;
    /// A comparison with the text that absent values print as.
    NaComparison => "na-comparison", Warning, None;
    /// An exception without values.
    EmptyException => "empty-exception", Warning, None;
    /// An exception that its rule's condition rules out.
    ImpossibleException => "impossible-exception", Warning, None;
    /// An output field that no event of the rule's types has.
    AbsentOutputField => "absent-output-field", Warning, None;
    /// A word in a set that is nearly a list's name, or reads like one.
    WordLikeList => "word-like-list", Warning, None;
    /// An event type whose successor the rule does not name.
    OlderCall => "older-call", Warning, None;
    /// A field that never has a value any more.
    AbsentField => "absent-field", Warning, None;
    /// A list and a macro of one name.
    AmbiguousName => "ambiguous-name", Warning, None;
    /// An item that a list has twice.
    DuplicateItem => "duplicate-item", Warning, None;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for FalcoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
