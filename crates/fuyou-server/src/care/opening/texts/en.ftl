link-title = Linked records
link-restricted = Not open to you
link-open = Open
link-waiting = Opening form to be filled in
link-withdrawn = Withdrawn
link-fill-in = Fill in the opening form
link-perhaps = Perhaps registered twice: 
link-differs = Differs from the linked record, please check: 
