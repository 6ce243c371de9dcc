import-what = A file is checked, assessed and turned into tasks by the same rules as typing. The same file again stores nothing twice, and goes on where it stopped.
import-kind = Kind of file
import-ndjson = NDJSON (persons, enrollments, records, referrals)
import-file = File
import-start = Import
import-no-file = Please choose a file
import-rejected-file = Download the refused lines with their reasons
import-another = Import another file
