//! What goes along with a hand-over: the out part of a referral slip.

/// How soon the receiver must see the subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    /// On the days that the kind of the referral allows.
    #[default]
    Routine,
    /// Today or tomorrow.
    Urgent,
    /// At once, and not alone.
    Emergency,
}

impl Urgency {
    /// All of them, the least urgent first.
    pub const ALL: [Urgency; 3] = [Urgency::Routine, Urgency::Urgent, Urgency::Emergency];

    /// The word in storage, links and texts.
    pub fn word(self) -> &'static str {
        match self {
            Urgency::Routine => "routine",
            Urgency::Urgent => "urgent",
            Urgency::Emergency => "emergency",
        }
    }

    /// The urgency of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.word() == word)
    }
}

/// The slip, in the sender's words. It names no disease that the receiver's staff may not all know: who fills it in from
/// rules leaves those of the highest secrecy out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slip {
    /// How soon.
    pub urgency: Urgency,
    /// The state of the subject: what was found, vital signs.
    pub findings: String,
    /// What was done before sending; “none” is an answer, blank is not.
    pub treatment: String,
    /// What the receiver is asked to do.
    pub asked: String,
    /// To which department.
    pub department: String,
    /// How the subject travels.
    pub transport: String,
    /// Who goes along.
    pub escort: String,
    /// When the receiver was called, as written.
    pub called_ahead: String,
    /// The sending doctor.
    pub doctor: String,
    /// The sender's phone.
    pub phone: String,
}

impl Slip {
    /// The parts that must be filled in and are not, in the order of the form. In an emergency nobody travels alone or
    /// unannounced.
    pub fn missing(&self) -> Vec<&'static str> {
        let always = [
            ("findings", &self.findings),
            ("treatment", &self.treatment),
            ("asked", &self.asked),
        ];
        let emergency = [
            ("transport", &self.transport),
            ("escort", &self.escort),
            ("called-ahead", &self.called_ahead),
        ];
        let emergency = emergency
            .into_iter()
            .filter(|_| self.urgency == Urgency::Emergency);
        always
            .into_iter()
            .chain(emergency)
            .filter(|(_, text)| text.trim().is_empty())
            .map(|(part, _)| part)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emergency_does_not_travel_alone() {
        let check = |urgency: Urgency, filled: &[&str], missing: &str| {
            let text = |part: &str| {
                let given = filled.contains(&part);
                if given {
                    "x".to_owned()
                } else {
                    " ".to_owned()
                }
            };
            let slip = Slip {
                urgency,
                findings: text("findings"),
                treatment: text("treatment"),
                asked: text("asked"),
                transport: text("transport"),
                escort: text("escort"),
                called_ahead: text("called-ahead"),
                ..Slip::default()
            };
            assert_eq!(slip.missing().join(" "), missing, "{urgency:?} {filled:?}");
        };
        let all = ["findings", "treatment", "asked"];
        check(Urgency::Routine, &[], "findings treatment asked");
        check(Urgency::Routine, &["findings", "asked"], "treatment");
        check(Urgency::Urgent, &all, "");
        check(Urgency::Emergency, &all, "transport escort called-ahead");
        check(
            Urgency::Emergency,
            &[
                "findings",
                "treatment",
                "asked",
                "transport",
                "escort",
                "called-ahead",
            ],
            "",
        );
    }
}
