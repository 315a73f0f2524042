//! The tree of a condition. Positions are byte offsets into the text that was parsed.

use std::ops::Range;

/// A condition or a part of one.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) at: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// A macro's name.
    Name(String),
    Check(Box<Check>),
}

/// `left operator right`.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) left: Operand,
    pub(crate) operator: Operator,
    pub(crate) modifier: Option<Modifier>,
    pub(crate) right: Right,
    /// From the first character of the left side to the last of the right.
    pub(crate) range: Range<usize>,
}

/// What is compared: a field, or a value computed from fields.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub(crate) kind: OperandKind,
    pub(crate) range: Range<usize>,
}

#[derive(Clone, Debug)]
pub(crate) enum OperandKind {
    Field {
        name: String,
        argument: Option<String>,
    },
    Call {
        function: Function,
        arguments: Vec<Operand>,
        selector: Option<String>,
    },
    /// A quoted string or a number among the arguments of a function.
    Text(String),
    List(Vec<Operand>),
}

/// The right side of a check.
#[derive(Clone, Debug)]
pub(crate) enum Right {
    Nothing,
    /// A constant; after a list operator or a modifier, a name that no list substituted.
    Value(Token),
    List(Vec<Token>),
    Operand(Operand),
}

/// A constant with its place.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) range: Range<usize>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident => $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum $name { $($variant,)* }

        impl $name {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word as the language has it.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

words! {
    /// A comparison operator, in the order in which error messages list them.
    Operator {
        Exists => "exists",
        LessOrEqual => "<=",
        Less => "<",
        GreaterOrEqual => ">=",
        Greater => ">",
        DoubleEqual => "==",
        Equal => "=",
        NotEqual => "!=",
        Glob => "glob",
        IGlob => "iglob",
        Contains => "contains",
        IContains => "icontains",
        BContains => "bcontains",
        StartsWith => "startswith",
        BStartsWith => "bstartswith",
        EndsWith => "endswith",
        Regex => "regex",
        Intersects => "intersects",
        In => "in",
        PMatch => "pmatch",
    }
}

/// Which right-hand side an operator takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OperatorClass {
    Unary,
    Number,
    Text,
    List,
}

impl Operator {
    pub(crate) fn class(self) -> OperatorClass {
        match self {
            Self::Exists => OperatorClass::Unary,
            Self::LessOrEqual | Self::Less | Self::GreaterOrEqual | Self::Greater => {
                OperatorClass::Number
            }
            Self::Intersects | Self::In | Self::PMatch => OperatorClass::List,
            _ => OperatorClass::Text,
        }
    }

    /// Whether a blank must follow, which holds for the words among the text operators.
    pub(crate) fn wants_blank(self) -> bool {
        self.class() == OperatorClass::Text
            && self
                .as_str()
                .starts_with(|first: char| first.is_alphabetic())
    }

    /// The operator of this exact name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|operator| operator.as_str() == name)
    }
}

words! {
    /// How the results of a text operator over a list of values combine.
    Modifier {
        One => "oneof",
        Any => "anyof",
        All => "allof",
    }
}

impl Modifier {
    /// The modifier of this exact name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|modifier| modifier.as_str() == name)
    }
}

words! {
    /// A transformer of values; `val` stands on right-hand sides only and changes nothing.
    Function {
        Val => "val",
        ToLower => "tolower",
        ToUpper => "toupper",
        B64 => "b64",
        BaseName => "basename",
        Len => "len",
        Join => "join",
        Concat => "concat",
        GetOpt => "getopt",
    }
}
