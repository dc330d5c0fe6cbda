package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

const (
	root     = "X-HUB/~root"
	hubAdmin = "X-HUB/~admin"
	notary   = "X-HUB/~notary"
	hub      = "X-HUB"
)

var isCalendar = regexp.MustCompile(`\A[A-Z]{2}\z`).MatchString

var isWitnessName = regexp.MustCompile(`\A[!-*,-~]{1,200}\z`).MatchString

const maxSealingAge = int64(90 * 24 * time.Hour / time.Microsecond)

// checkEntry refuses an entry that its writer may not write, or that cannot be true by itself.
func checkEntry(entry any, section, writer, federation string) error {
	if !slices.Contains(sectionsOf(writer), section) {
		return fmt.Errorf("%s may not write a %s", writer, section)
	}
	switch entry := entry.(type) {
	case rootEntry:
		return entry.check(federation)
	case participantEntry:
		return entry.check(federation)
	case authorityEntry:
		return entry.check(writer)
	case nodeEntry:
		return errors.Join(checkOwn(writer, entry.node), checkNode(entry.node), entry.period.check())
	case keyEntry:
		return entry.check(writer, federation)
	case revocationEntry:
		return entry.check()
	case tableEntry:
		if section == "conditions" && entry.participant != participantOf(writer) {
			return errors.New("conditions of another participant")
		}
		if sha256.Sum256([]byte(entry.text)) != entry.digest {
			return errors.New("the digest of a table is not that of its text")
		}
		return nil
	case tradeEntry:
		if entry.participant != participantOf(writer) {
			return errors.New("what another participant asks for")
		}
		return entry.check()
	}
	return errors.New("no entry")
}

func sectionsOf(writer string) []string {
	switch writer {
	case root:
		return []string{"root", "revocation"}
	case hubAdmin:
		return []string{"participant", "table", "revocation", "authority", "node", "key"}
	}
	return []string{"authority", "node", "key", "revocation", "conditions", "trade"}
}

func (p period) check() error {
	if p.end <= p.start {
		return errors.New("an interval that ends before it begins")
	}
	return nil
}

func checkOwn(writer string, names ...string) error {
	for _, name := range names {
		if participantOf(name) != participantOf(writer) {
			return fmt.Errorf("%.60q is not %s's to write about", name, writer)
		}
	}
	return nil
}

func checkNode(name string) error {
	if !isOffice(name) || isAdministrator(name) {
		return fmt.Errorf("%.60q is no node", name)
	}
	return nil
}

// check refuses a key that is unsafe, or of which nothing proves that its owner holds it.
func (s statement) check(federation, owner string, use int) error {
	if s.id != keyIDOf(s.public) || s.to <= s.from {
		return fmt.Errorf("a key of %s with a wrong id or an empty validity", owner)
	}
	proved := preAuthentication(
		keyPossessionType, tuple([]byte(federation), []byte(owner), []byte(useWords[use]), s.public),
	)
	if use == useSeal {
		return s.checkSealing(proved)
	}
	if s.algorithm != algorithmEd25519 {
		return fmt.Errorf("a key of %s that is not Ed25519", owner)
	}
	if err := checkPublicKey(s.public); err != nil {
		return err
	}
	return verify(s.public, proved, s.possession)
}

func (s statement) checkSealing(proved []byte) error {
	if s.algorithm != algorithmX25519 || s.to-s.from > maxSealingAge || len(s.possession) != 32+64 {
		return errors.New("a sealing key that is not X25519, too old or without a proof")
	}
	if err := checkSealingKey(s.public); err != nil {
		return err
	}
	prover := s.possession[:32]
	if err := checkPublicKey(prover); err != nil {
		return err
	}
	if image, err := sealingImage(prover); err != nil || !bytes.Equal(image, s.public) {
		return errors.New("a sealing key that is not made of the key that proves it")
	}
	return verify(prover, proved, s.possession[32:])
}

// A claim is whose a key is, and what for.
type claim struct {
	owner string
	use   int
}

type claimed struct {
	claim
	statement
}

// statements returns every key in a root record.
func (e rootEntry) statements() []claimed {
	var found []claimed
	for _, one := range e.keys {
		found = append(found, claimed{claim{root, useAdministrate}, one})
	}
	for _, one := range e.administrators {
		found = append(found, claimed{claim{hubAdmin, useAdministrate}, one})
	}
	if e.notary != nil {
		found = append(found, claimed{claim{notary, useLog}, *e.notary})
	}
	for _, one := range e.witnesses {
		found = append(found, claimed{claim{one.name, useWitness}, one.key})
	}
	return found
}

func (e rootEntry) check(federation string) error {
	if e.federation != federation || e.status == 0 || len(e.suites) == 0 {
		return errors.New("a root record of another federation, or without a status or suites")
	}
	if e.threshold < 1 || e.threshold > int64(len(e.keys)) || len(e.keys) > maxRootSigners {
		return errors.New("a root record with a threshold that its keys cannot meet")
	}
	if err := e.checkWitnesses(); err != nil {
		return err
	}
	var ids []keyID
	for _, one := range e.statements() {
		if err := one.check(federation, one.owner, one.use); err != nil {
			return err
		}
		ids = append(ids, one.id)
	}
	if !distinct(ids) {
		return errors.New("a root record with a key that is there twice")
	}
	return nil
}

func (e rootEntry) checkWitnesses() error {
	var names, operators []string
	for _, one := range e.witnesses {
		names, operators = append(names, one.name), append(operators, one.operator)
	}
	if !distinct(names) || !distinct(operators) {
		return errors.New("two witnesses of one name or operator")
	}
	if slices.ContainsFunc(names, func(name string) bool { return !isWitnessName(name) }) {
		return errors.New("a witness whose name no note can have")
	}
	count := int64(len(e.witnesses))
	if count == 0 && e.quorum == 0 && e.status != statusActual {
		return nil
	}
	if 2*e.quorum <= count || e.quorum > count {
		return errors.New("a quorum that could vouch for two histories")
	}
	return nil
}

func (e participantEntry) check(federation string) error {
	if !isParticipant(e.code) || e.code == hub || e.name == "" {
		return errors.New("a participant without a code or name")
	}
	if err := e.period.check(); err != nil {
		return err
	}
	var ids []keyID
	for _, one := range e.administrators {
		if err := one.check(federation, e.code+"/~admin", useAdministrate); err != nil {
			return err
		}
		ids = append(ids, one.id)
	}
	if !distinct(ids) {
		return errors.New("an administrator's key that is there twice")
	}
	return nil
}

func (e authorityEntry) check(writer string) error {
	if err := checkOwn(writer, e.authority, e.node); err != nil {
		return err
	}
	if e.parent != "" {
		if err := checkOwn(writer, e.parent); err != nil || !isAuthority(e.parent) || e.parent == e.authority {
			return errors.New("a parent that is no other authority of this participant")
		}
	}
	if !isAuthority(e.authority) {
		return errors.New("no authority's name")
	}
	if e.sector == 0 || slices.Contains(e.roles, 0) || slices.Contains(e.purposes, 0) {
		return errors.New("a sector, role or purpose that is not known here")
	}
	if !distinct(e.roles) || !distinct(e.purposes) {
		return errors.New("a role or purpose that is there twice")
	}
	return errors.Join(checkNode(e.node), e.period.check())
}

func (e keyEntry) check(writer, federation string) error {
	names := []string{e.owner, e.node}
	for _, one := range e.streams {
		if one.first > one.last {
			return errors.New("a range of writers that is none")
		}
		names = append(names, one.originator)
	}
	for _, name := range names {
		if err := checkOwn(writer, name); err != nil || !isOriginator(name) || isAdministrator(name) {
			return fmt.Errorf("%s may not enrol a key that speaks for %.60q", writer, name)
		}
		if name == notary {
			return errors.New("a key of the notary outside the root record")
		}
	}
	if e.use != useSign && e.use != useSeal {
		return errors.New("a key entry for another use than to sign or to seal")
	}
	if e.use == useSeal && (len(e.streams) > 0 || e.owner != e.node) {
		return errors.New("a sealing key that would write, or that does not belong to its node")
	}
	if err := checkNode(e.node); err != nil {
		return err
	}
	return e.key.check(federation, e.owner, e.use)
}

func (e revocationEntry) check() error {
	var streams []stream
	for _, one := range e.lastValid {
		streams = append(streams, one.stream)
	}
	if e.reason == 0 || !distinct(streams) {
		return errors.New("a revocation without a known reason, or with a stream that is there twice")
	}
	return nil
}

func (e tradeEntry) check() error {
	if !slices.Contains([]int64{0, 6, 12}, e.simplified) {
		return errors.New("simplified notifications for another time than 6 or 12 months")
	}
	if slices.Contains(e.agreed, 0) || !distinct(e.agreed) {
		return errors.New("an agreed field that is not known here, or is there twice")
	}
	for _, one := range e.asks {
		if one.scope == 0 || (one.scope == scopeSubstance) != (one.substance != "") {
			return errors.New("notifications asked for in a scope that is not known here, or that does not fit")
		}
	}
	if !distinct(e.asks) {
		return errors.New("the same asked for twice on one day")
	}
	if e.rule == nil {
		return nil
	}
	return e.rule.check()
}

func (r deadlineRule) check() error {
	if r.number > maxDeadlineDays {
		return errors.New("a deadline of more than a year")
	}
	if r.unit == 0 || slices.Contains(r.weekend, 0) || !distinct(r.weekend) || len(r.weekend) > 6 {
		return errors.New("a deadline in a unit, or with days of rest, that nothing can be counted by")
	}
	if !isCalendar(r.calendar) || r.law == "" || !distinct(r.holidays) {
		return errors.New("a deadline without a calendar or a law, or with a holiday that is there twice")
	}
	return nil
}
