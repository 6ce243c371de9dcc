export-file = Export { $format }
export-long = This list is long: the file is made in the background. Leave the page if you like, and fetch it under “Jobs” when it is done.
