-- What an auditor is told of without asking: few entries among very many reads.
create index audit_told on audit (at, lane, seq, action) where action in ('break_glass', 'export', 'merge');
