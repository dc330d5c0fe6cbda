package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
)

const (
	maxEnvelopeBytes = 1 << 20
	maxHeaderBytes   = 16 << 10
	maxSections      = 16
	maxSigners       = 4
	maxRootSigners   = 16
	maxBatch         = 256
	maxBatchPath     = 8
	maxSequence      = math.MaxInt64
	maxWriter        = math.MaxInt32
)

// Numbers of symbols in the header's enums; 0 is UNKNOWN in each.
const (
	kindRecord    = 1
	kindRelease   = 2
	kindDirectory = 3
	kindHeads     = 4
	kinds         = 5

	statusActual = 1
	statuses     = 4

	labelClear = 1
	labels     = 6
)

var (
	frame = []byte{0xc3, 0x01, 0x8e, 0x24, 0xe7, 0x34, 0x10, 0xcf, 0xb4, 0xbf}

	participantForm = `(?:[A-Z]{2}|X-[A-Z]{2,16})`
	labelForm       = `[a-z][a-z0-9-]{0,39}`

	isParticipant = matcher(participantForm)
	isAuthority   = matcher(participantForm + "/" + labelForm)
	isOffice      = matcher(participantForm + "/~(?:" + labelForm + "|[1-9][0-9]{0,5})")
	isFederation  = matcher(`[a-z][a-z0-9-]{0,62}`)
	isSection     = matcher(`[a-z][a-z-]{0,39}`)
)

// matcher returns whether a whole text has a form.
func matcher(form string) func(string) bool {
	return regexp.MustCompile(`\A(?:` + form + `)\z`).MatchString
}

func isOriginator(name string) bool    { return isAuthority(name) || isOffice(name) }
func isAdministrator(name string) bool { return name == root || strings.HasSuffix(name, "/~admin") }

// participantOf returns the participant in the name of an originator.
func participantOf(name string) string {
	participant, _, _ := strings.Cut(name, "/")
	return participant
}

// A stream is one writer's chain of messages.
type stream struct {
	originator string
	writer     int64
}

func (s stream) String() string { return fmt.Sprintf("%s/%d", s.originator, s.writer) }

// A signature is one over the root of a batch, and the way there.
type signature struct {
	bytes       []byte
	size, index int64
	path        []digest
}

// A sectionHead is what the header says of a section.
type sectionHead struct {
	name       string
	commitment digest
	bodyDigest digest
	sealed     bool
}

// A header is the signed part of a message.
type header struct {
	federation string
	kind       int
	status     int
	stream     stream
	sequence   int64
	previous   digest
	issuedAt   int64
	label      int
	directory  digest
	signers    []keyID
	sections   []sectionHead
}

func (h header) name() string { return fmt.Sprintf("%s#%d", h.stream, h.sequence) }

// A message is an envelope that could be read; nothing in it is believed.
type message struct {
	header
	raw         []byte
	headerBytes []byte
	digest      digest
	signatures  []signature
	bodies      [][]byte // nil for one that was left out
}

func parseMessage(raw []byte) (message, error) {
	if len(raw) > maxEnvelopeBytes || !bytes.HasPrefix(raw, frame) {
		return message{}, errors.New("no envelope of a version that is known here")
	}
	r := &reader{data: raw, at: len(frame)}
	found := message{
		raw:         raw,
		headerBytes: r.bytes(),
		signatures:  array(r, maxRootSigners, func() signature { return parseSignature(r) }),
		bodies:      array(r, maxSections, func() []byte { return parseSlot(r) }),
	}
	if err := r.end(); err != nil {
		return message{}, err
	}
	parsed, err := parseHeader(found.headerBytes)
	if err != nil {
		return message{}, err
	}
	if len(parsed.signers) != len(found.signatures) || len(parsed.sections) != len(found.bodies) {
		return message{}, errors.New("more or fewer signatures or bodies than the header announces")
	}
	found.header, found.digest = parsed, sha256.Sum256(found.headerBytes)
	return found, nil
}

func parseSignature(r *reader) signature {
	return signature{
		bytes: r.bytes(),
		size:  r.int32(),
		index: r.int32(),
		path:  array(r, maxBatchPath, r.digest),
	}
}

func parseSlot(r *reader) []byte {
	if !r.present() {
		return nil
	}
	return append([]byte{}, r.bytes()...) // never nil
}

func parseHeader(data []byte) (header, error) {
	if len(data) > maxHeaderBytes {
		return header{}, errors.New("the header is too long")
	}
	r := &reader{data: data}
	found := header{federation: r.text(), kind: r.symbol(kinds), status: r.symbol(statuses)}
	found.stream.originator = r.text()
	found.stream.writer = r.between(1, maxWriter)
	found.sequence = r.between(1, maxSequence)
	found.previous = r.digest()
	found.issuedAt = r.time()
	found.label = r.symbol(labels)
	found.directory = r.digest()
	found.signers = array(r, maxRootSigners, r.keyID)
	found.sections = array(r, maxSections, func() sectionHead { return parseSectionHead(r) })
	if err := r.end(); err != nil {
		return header{}, err
	}
	return found, found.check()
}

func parseSectionHead(r *reader) sectionHead {
	found := sectionHead{name: r.text(), commitment: r.digest(), bodyDigest: r.digest(), sealed: r.present()}
	if found.sealed {
		r.digest()
	}
	return found
}

// check refuses fields that cannot be true together.
func (h header) check() error {
	most := maxSigners
	if h.stream.originator == root {
		most = maxRootSigners
	}
	switch {
	case !isFederation(h.federation):
		return errors.New("no federation's name")
	case h.kind == 0 || h.status == 0 || h.label == 0:
		return errors.New("UNKNOWN stands where a kind, a status or a label has to")
	case !isOriginator(h.stream.originator) || !h.fitsOriginator():
		return fmt.Errorf("%q is no originator of this kind of message", h.stream.originator)
	case (h.sequence == 1) != (h.previous == digest{}):
		return errors.New("only the first message of a stream names no previous one")
	case len(h.signers) < 1 || len(h.signers) > most || !distinct(h.signers):
		return errors.New("too many signers, or none, or one twice")
	}
	return h.checkSections()
}

func (h header) fitsOriginator() bool {
	office, administrator := isOffice(h.stream.originator), isAdministrator(h.stream.originator)
	switch h.kind {
	case kindRecord, kindRelease:
		return !office
	case kindDirectory:
		return administrator
	default:
		return office && !administrator
	}
}

func (h header) checkSections() error {
	sealed := h.kind == kindRecord && h.label != labelClear
	var names []string
	for _, section := range h.sections {
		if !isSection(section.name) || section.sealed != sealed {
			return fmt.Errorf("section %q has no name that is one, or is sealed and must not be, or is not", section.name)
		}
		names = append(names, section.name)
	}
	if len(names) == 0 || !distinct(names) {
		return errors.New("no section, or one twice")
	}
	return nil
}

// distinct says whether nothing is there twice.
func distinct[T comparable](values []T) bool {
	seen := make(map[T]bool)
	for _, value := range values {
		seen[value] = true
	}
	return len(seen) == len(values)
}

// checkSignature checks that the owner of a key made the signature at a place, and that the batch has the header.
func (m message) checkSignature(place int, public []byte) error {
	signed := m.signatures[place]
	if signed.size > maxBatch {
		return errors.New("the batch is too large")
	}
	batchRoot, err := rootOf(leafHash(preAuthentication(headerType, m.headerBytes)), signed.index, signed.size, signed.path)
	if err != nil {
		return err
	}
	payload := tuple(number(uint64(signed.size)), batchRoot[:])
	return verify(public, preAuthentication(batchType, payload), signed.bytes)
}
