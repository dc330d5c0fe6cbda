package main

import (
	"errors"
	"fmt"
	"math"
)

// What a key is for: the symbols of the enum KeyUse, and their words in a proof of possession.
const (
	useSign         = 1
	useSeal         = 2
	useLog          = 3
	useWitness      = 4
	useAdministrate = 5
)

var useWords = []string{"unknown", "sign", "seal", "log", "witness", "administrate"}

const (
	algorithmEd25519 = 1
	algorithmX25519  = 2
	algorithms       = 4
)

// A statement is a public key, when it is valid, and the proof that its owner holds the private half.
type statement struct {
	id         keyID
	algorithm  int
	public     []byte
	from, to   int64
	possession []byte
}

type witness struct {
	name, operator string
	key            statement
}

type rootEntry struct {
	federation     string
	version        int64
	status         int
	threshold      int64
	keys           []statement
	administrators []statement
	notary         *statement
	witnesses      []witness
	quorum         int64
	suites         []string
}

type participantEntry struct {
	code, name     string
	administrators []statement
	period
}

type authorityEntry struct {
	authority, parent, node string
	sector                  int
	roles, purposes         []int
	period
}

type nodeEntry struct {
	node string
	period
}

type grant struct {
	originator  string
	first, last int64
}

type keyEntry struct {
	key         statement
	use         int
	owner, node string
	streams     []grant
}

type lastValid struct {
	stream   stream
	sequence int64
	digest   digest
}

type revocationEntry struct {
	key           keyID
	reason        int
	revokedAt     int64
	reachesBackTo *int64
	lastValid     []lastValid
}

// A tableEntry is a policy table: the community's, or a participant's conditions.
type tableEntry struct {
	participant string
	text        string
	digest      digest
}

// A tradeEntry is what a government says of pre-export notifications.
type tradeEntry struct {
	participant string
	asks        []asked
	agreed      []int
	rule        *deadlineRule
	simplified  int64
}

// An asked says for what a government wants notifications, or wants none, from a day on.
type asked struct {
	scope     int
	substance string
	from      int64
}

type deadlineRule struct {
	number        int64
	unit          int
	calendar, law string
	weekend       []int
	holidays      []int64
}

const (
	scopeSubstance  = 1
	maxDeadlineDays = 366
)

// A period lasts until just before its end.
type period struct{ start, end int64 }

const forEver = math.MaxInt64

func (p period) contains(at int64) bool { return p.start <= at && at < p.end }

// entrySchemas names the schema of each entry by the SHA-256 of its bytes, and how such an entry is read.
var entrySchemas = map[string]struct {
	schema string
	read   func(*reader) any
}{
	"root":        {"d4b1887355175ca4850aaac61e3e709f880756fec1371cc7401aa3544bd4a125", readRoot},
	"participant": {"faf7d60c106a59662042088c3f9c40e8bee256ac498b0b5d5d9980de94e5c398", readParticipant},
	"authority":   {"26dd5a76fd29c2568bd5d3b77b2dda3e152f990bf91b3cecc02d5ac6905735a9", readAuthority},
	"node":        {"0eedfba1439a7b528a817a55517eca7ceaf9e6b91b464c9c11b866989cf94a2e", readNode},
	"key":         {"766174501af5a438ecc1c3872cfe1a5ce4e30bef003097c9594c03b6998aa299", readKey},
	"revocation":  {"f185adc72378bb3b152aac14877185d7502b0e5b4ce2e9eea43953eb42fca29a", readRevocation},
	"conditions":  {"5f4b96cb63c9fb72049e9ce69ea3300ab9a8146f6cb91ba80199f57e65869b0e", readConditions},
	"table":       {"8c29e7753902fbc5f9f939bc1faa25fa1360c5c111412c42560841e306bb6a91", readTable},
	"trade":       {"e8faa01cd09fe770f80449ed1ae26fdc0cc1cef6652d066f7254b0dba1c76ac4", readTrade},
}

// readEntry reads what a section of a DIRECTORY message says.
func readEntry(section string, said content) (any, error) {
	known, there := entrySchemas[section]
	if !there || known.schema != said.schema.String() {
		return nil, fmt.Errorf("section %q with schema %s is no entry of the directory", section, said.schema)
	}
	r := &reader{data: said.avro}
	entry := known.read(r)
	if err := r.end(); err != nil {
		return nil, errors.Join(errors.New("the entry cannot be read"), err)
	}
	return entry, nil
}

func readStatement(r *reader) statement {
	return statement{
		id:         r.keyID(),
		algorithm:  r.symbol(algorithms),
		public:     r.bytes(),
		from:       r.time(),
		to:         r.time(),
		possession: r.bytes(),
	}
}

func readStatements(r *reader) []statement {
	return items(r, func() statement { return readStatement(r) })
}

func readPeriod(r *reader) period {
	found := period{r.time(), forEver}
	if end := r.optionalTime(); end != nil {
		found.end = *end
	}
	return found
}

func readRoot(r *reader) any {
	found := rootEntry{
		federation:     r.text(),
		version:        r.between(1, maxSequence),
		status:         r.symbol(statuses),
		threshold:      r.between(0, math.MaxInt32),
		keys:           readStatements(r),
		administrators: readStatements(r),
	}
	if r.present() {
		key := readStatement(r)
		found.notary = &key
	}
	found.witnesses = items(r, func() witness { return witness{r.text(), r.text(), readStatement(r)} })
	found.quorum = r.between(0, math.MaxInt32)
	found.suites = items(r, r.text)
	r.between(1, math.MaxInt32) // greatest age of HEADS
	r.between(1, math.MaxInt32) // greatest age of a checkpoint
	r.digest()                  // of the community table
	return found
}

func readParticipant(r *reader) any {
	return participantEntry{code: r.text(), name: r.text(), administrators: readStatements(r), period: readPeriod(r)}
}

func readAuthority(r *reader) any {
	found := authorityEntry{authority: r.text()}
	r.text() // what it is called
	found.sector = r.symbol(8)
	found.roles = items(r, func() int { return r.symbol(6) })
	found.purposes = items(r, func() int { return r.symbol(7) })
	if r.present() {
		found.parent = r.text() // empty: none, as well as null
	}
	found.node = r.text()
	items(r, r.text) // languages
	r.boolean()      // takes part in exercises
	for range 3 {    // desk, telephone, e-mail
		r.text()
	}
	found.period = readPeriod(r)
	return found
}

func readNode(r *reader) any {
	found := nodeEntry{node: r.text()}
	r.text() // operator
	found.period = readPeriod(r)
	return found
}

func readKey(r *reader) any {
	return keyEntry{
		key:   readStatement(r),
		use:   r.symbol(len(useWords)),
		owner: r.text(),
		node:  r.text(),
		streams: items(r, func() grant {
			return grant{r.text(), r.between(1, maxWriter), r.between(1, maxWriter)}
		}),
	}
}

func readRevocation(r *reader) any {
	return revocationEntry{
		key:           r.keyID(),
		reason:        r.symbol(4),
		revokedAt:     r.time(),
		reachesBackTo: r.optionalTime(),
		lastValid: items(r, func() lastValid {
			return lastValid{stream{r.text(), r.between(1, maxWriter)}, r.between(1, maxSequence), r.digest()}
		}),
	}
}

func readConditions(r *reader) any { return tableEntry{r.text(), r.text(), r.digest()} }

func readTable(r *reader) any { return tableEntry{"", r.text(), r.digest()} }

func readTrade(r *reader) any {
	found := tradeEntry{participant: r.text()}
	found.asks = items(r, func() asked {
		one := asked{scope: r.symbol(5), substance: r.text()}
		r.boolean() // asked for, or not wanted
		one.from = readDay(r)
		return one
	})
	found.agreed = items(r, func() int { return r.symbol(7) })
	if r.present() {
		found.rule = readDeadline(r)
	}
	found.simplified = r.between(0, math.MaxInt32)
	return found
}

func readDeadline(r *reader) *deadlineRule {
	number := r.between(1, math.MaxInt32)
	found := deadlineRule{number: number, unit: r.symbol(4), calendar: r.text()}
	r.text() // subdivision
	found.weekend = items(r, func() int { return r.symbol(8) })
	found.holidays = items(r, func() int64 { return readDay(r) })
	found.law = r.text()
	r.text() // what that law says of silence
	return &found
}

// readDay reads days since 1970, of the years 1 to 9999.
func readDay(r *reader) int64 { return r.between(-719162, 2932896) }
