product = Maternal and child health
skip-to-content = Skip to content
find = Find
find-label = Find a person
find-placeholder = Name, pinyin, phone, document or handbook no., code
menu = Main menu
menu-home = Home
menu-persons = Persons
menu-lists = Lists
menu-referrals = Referral desk
menu-imports = Import
menu-organizations = Organizations
menu-staff = Staff
menu-users = Users
menu-audit = Audit
menu-password = Password
log-out = Log out
other-language = 中文
other-language-code = zh
pager = Pages
pager-first = First page
pager-next = Next page
home-see = Look at it
home-nothing = Nothing waits for you
home-nothing-what = The system, its jobs and the audit trail are in order.
home-jobs = Jobs of the last 7 days that were not finished: { $count }
home-register = Register a person
home-register-what = Looks for duplicates, then opens her file
home-glass = Emergency access
home-glass-what = Open a record outside your area with the identity number and a reason
error-title = Something went wrong
error-not-found = There is no such page
error-csrf = This page has expired; go back, reload it and send it again
error-conflict = Somebody else has changed this record
error-rejected = What was sent cannot be accepted
error-too-large = What was sent is too large
error-internal = The system failed; nothing was saved
error-advice = Go back, correct it and try again. If it stays, tell the administrator the number below.
error-number = Number { $number }
save = Save
cancel = Cancel
all = All
role-village-doctor = Village doctor
role-township-worker = Township health worker
role-nurse = Hospital obstetric staff
role-county-worker = County MCH worker
role-analyst = Analyst
role-director = Director
role-administrator = Administrator
role-auditor = Auditor
menu-board = Plan board
menu-indicators = Indicators
menu-plans = Plans
menu-figures = Typed figures
menu-packs = Packs
draft-kept = Unsaved draft of { $time }
draft-go-on = Go on with it
draft-drop = Discard
draft-waits = The server cannot be reached. The record is kept on this computer and sent as soon as there is a network; you may go on or close the page.
draft-waiting = Waiting to be sent
draft-stay = No network. The form holds infection findings, which are never kept on this computer: leave the page open and save again when there is one.
draft-sent = Sent after the network came back:
draft-look = Could not be stored as it was; please look at it:
draft-queue = { $count } to be sent
draft-typed = Not saved
draft-failed = The system failed and nothing was saved. What you typed is still here; save again later.
draft-log-in = Your session has ended. What you typed is kept on this computer; log in again to go on.
draft-to-log-in = Log in
draft-theirs = Take the other record
draft-both-title = Two records differ; please decide
draft-both-item = Item
draft-both-ours = Typed here
draft-both-theirs = Stored
offline-title = No network
offline-what = The server cannot be reached. With your password you can go on with forms that were open; what you save is sent when there is a network.
offline-count = Records waiting on this computer: { $count }. They are sent after logging in with a network.
offline-password = Password
offline-unlock = Open
offline-no-lock = Nothing can be opened here without a network. This page reloads by itself when there is one.
offline-open = Forms that were open
offline-nothing = No form was open.
offline-wrong = The password is not right
offline-back = The network is back. Saving sends the record.
offline-reload = Open this page anew
look-light = Light
look-dark = Dark
day-of-month = { $day } { $month }
day-of-year = { $day } { $month } { $year }
day-full = { $weekday }, { $date }
day-near = { $date } ({ $near })
near-today = today
near-tomorrow = tomorrow
near-yesterday = yesterday
near-in-days = in { $days } days
near-days-ago = { $days } days ago
near-late = { $days ->
    [one] { $days } day late
   *[other] { $days } days late
 }
age-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
 }
age-months = { $months ->
    [one] { $months } month
   *[other] { $months } months
 }
age-months-days = { $months ->
    [one] { $months } month
   *[other] { $months } months
 } { $days ->
    [one] { $days } day
   *[other] { $days } days
 }
age-years = { $years } years
age-years-months = { $years } years { $months ->
    [one] { $months } month
   *[other] { $months } months
 }
month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
offline-due = Work taken along
offline-fill = Fill in
offline-to-list = Back to the list
offline-away = This page was not taken along; open it when there is a network.
role-what-village-doctor = Registers persons, records care, opens records in an emergency.
role-what-township-worker = Registers and records, merges duplicates, refers, sees indicators and the persons behind them, takes lists out.
role-what-nurse = Registers and records, refers, opens records in an emergency.
role-what-county-worker = All that a township health worker does, and keeps plans, summaries, staff and imports, and reviews what was opened in emergencies.
role-what-analyst = Sees indicators and packs, and no persons.
role-what-director = Sees indicators, keeps plans and summaries, and sees no persons.
role-what-administrator = Keeps organizations, users, staff and the system, and sees no persons.
role-what-auditor = Reads and verifies the audit trail, and sees no persons.
