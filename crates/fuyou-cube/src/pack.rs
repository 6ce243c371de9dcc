//! The cube of a pack: where each of its measures and gap conditions is counted.

use std::collections::HashMap;

use fuyou_expr::Expr;
use fuyou_pack::Pack;
use fuyou_pack::model::{IndicatorIx, Measure, MeasureIx, ProgramIx, Sum};

use crate::axis::{AxisSpec, MeasureSpec};
use crate::cube::{Cube, CubeError, ProgramSpec};

/// Where a measure is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Position of the program in the pack.
    pub program: usize,
    /// Axis of the program.
    pub axis: usize,
    /// Position among the measures of the axis.
    pub measure: usize,
}

/// A cube with the places of a pack's measures.
#[derive(Clone, Debug)]
pub struct PackCube {
    /// The figures.
    pub cube: Cube,
    measures: HashMap<MeasureIx, Place>,
    gaps: HashMap<IndicatorIx, Place>,
}

impl From<&Measure> for MeasureSpec {
    fn from(measure: &Measure) -> Self {
        MeasureSpec {
            filter: measure.filter.clone(),
            sum: match &measure.sum {
                Sum::Count => None,
                Sum::Of(sum) => Some(sum.clone()),
            },
        }
    }
}

/// The axes of one program while they are gathered: by what dates and places them, as written.
type Gathered = Vec<((Option<String>, String), AxisSpec)>;

impl PackCube {
    /// An empty cube for a pack.
    ///
    /// # Errors
    /// When an expression cannot be answered over columns.
    pub fn new(pack: &Pack, threads: usize) -> Result<PackCube, CubeError> {
        let mut gathered: Vec<Gathered> = pack.programs.iter().map(|_| Vec::new()).collect();
        let (mut measures, mut gaps) = (HashMap::new(), HashMap::new());
        for (at, measure) in pack.measures.iter().enumerate() {
            let by = (Some(&measure.dated_by), &measure.placed_by);
            let place = gather(
                &mut gathered,
                measure.program,
                by,
                MeasureSpec::from(measure),
            );
            measures.insert(MeasureIx::new(at), place);
        }
        for (at, indicator) in pack.indicators.iter().enumerate() {
            let Some((gap, placed_as)) = indicator.gap_and_place() else {
                continue;
            };
            let measure = pack.measure(placed_as);
            let spec = MeasureSpec {
                filter: Some(gap.clone()),
                sum: None,
            };
            let by = (None, &measure.placed_by);
            gaps.insert(
                IndicatorIx::new(at),
                gather(&mut gathered, measure.program, by, spec),
            );
        }
        let split_by = |program: &fuyou_pack::Program| {
            let of = pack.strata.iter();
            let own = of.filter(|stratum| pack.program(stratum.program).id == program.id);
            own.map(|stratum| stratum.is.clone()).collect()
        };
        let spec = |(program, axes): (&fuyou_pack::Program, Gathered)| ProgramSpec {
            also: split_by(program),
            columns: program
                .row_columns()
                .map(|column| (column.slot, column.ty.clone()))
                .collect(),
            axes: axes.into_iter().map(|(_, axis)| axis).collect(),
        };
        let programs = pack.programs.iter().zip(gathered).map(spec).collect();
        Ok(PackCube {
            cube: Cube::new(programs, threads)?,
            measures,
            gaps,
        })
    }

    /// Where a measure of the pack is counted.
    pub fn measure(&self, measure: MeasureIx) -> Option<Place> {
        self.measures.get(&measure).copied()
    }

    /// Where the gap condition of an indicator is counted.
    pub fn gap(&self, indicator: IndicatorIx) -> Option<Place> {
        self.gaps.get(&indicator).copied()
    }
}

fn gather(
    gathered: &mut [Gathered],
    program: ProgramIx,
    (dated_by, placed_by): (Option<&Expr>, &Expr),
    measure: MeasureSpec,
) -> Place {
    let axes = &mut gathered[program.get()];
    let key = (
        dated_by.map(|dated_by| dated_by.text().to_owned()),
        placed_by.text().to_owned(),
    );
    let found = axes.iter().position(|(known, _)| *known == key);
    let axis = found.unwrap_or_else(|| {
        let spec = AxisSpec {
            dated_by: dated_by.cloned(),
            placed_by: placed_by.clone(),
            measures: Vec::new(),
        };
        axes.push((key, spec));
        axes.len() - 1
    });
    let measures = &mut axes[axis].1.measures;
    measures.push(measure);
    Place {
        program: program.get(),
        axis,
        measure: measures.len() - 1,
    }
}
