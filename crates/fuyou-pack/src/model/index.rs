/// Declares small indexes: places in the vectors of a checked pack, valid for that pack only.
macro_rules! index {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u16);

        impl $name {
            /// The index of the item at `position`; packs are refused long before they hold 65,536 of one kind.
            pub fn new(position: usize) -> Self {
                Self(u16::try_from(position).expect("a pack holds fewer than 65,536 items of one kind"))
            }

            /// The position in the vector.
            pub fn get(self) -> usize {
                usize::from(self.0)
            }
        }
    )*};
}

index! {
    /// A program of a pack.
    ProgramIx;
    /// A form of a program.
    FormIx;
    /// A field of a form, or of a group of a form.
    FieldIx;
    /// A repeated group of a form.
    GroupIx;
    /// A derived column of a program.
    DerivedIx;
    /// A fact of a program.
    FactIx;
    /// A visit of a program's schedule; a repeated visit has one index for each of its times.
    VisitIx;
    /// A rule of a program.
    RuleIx;
    /// A score of a program.
    ScoreIx;
    /// A kind of referral of a program.
    ReferralIx;
    /// A measure of a pack.
    MeasureIx;
    /// An indicator of a pack.
    IndicatorIx;
    /// A way of splitting figures of a pack.
    StratumIx;
    /// A cited source of a pack.
    SourceIx;
}
