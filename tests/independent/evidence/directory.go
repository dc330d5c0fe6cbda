package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// A directory is what follows from a set of DIRECTORY messages: the root's, then the hub's, then the participants'.
// A node also heeds a revocation that has no place in its stream; here any message without its place fails a step, and
// nothing that rests on it is checked.
type directory struct {
	federation string
	root       rootState
	hub        hubState
	keys       map[keyID]enrolled
	heads      map[stream]int64 // how many messages of a stream have their place
	findings   []finding        // of the hub and the participants
}

// An enrolled key, what it may sign, and the message that revoked it.
type enrolled struct {
	public    []byte
	owner     string
	validTo   int64
	terms     []term
	revokedBy *revoked
}

// A term is the writers of one originator, and when they may speak.
type term struct {
	grant
	valid period
}

// maySign says whether a key was enrolled for a stream at a time.
func (e enrolled) maySign(in stream, at int64) bool {
	return slices.ContainsFunc(e.terms, func(one term) bool {
		writes := one.originator == in.originator && one.first <= in.writer && in.writer <= one.last
		return writes && one.valid.contains(at)
	})
}

// foldDirectory follows the messages from the root record that trusted names.
func foldDirectory(messages []*held, federation string, trusted digest) *directory {
	by := map[string][]*held{}
	for _, one := range messages {
		by[one.stream.originator] = append(by[one.stream.originator], one)
	}
	for originator := range by {
		by[originator] = inOrder(by[originator])
	}
	d := &directory{federation: federation, heads: map[stream]int64{}}
	d.root = foldRoot(by[root], trusted, d.heads)
	d.hub = foldHub(by[hubAdmin], d.root, d.heads)
	d.findings = d.hub.findings
	d.keys = d.officeKeys()
	for _, code := range sortedKeys(d.hub.participants) {
		name := code + "/~admin"
		part := foldNational(by[name], d.mandate(code), d.heads)
		delete(by, name)
		d.findings = append(d.findings, part.findings...)
		d.include(part)
	}
	d.includeOwn(by[hubAdmin])
	for _, originator := range sortedKeys(by) {
		if originator != root && originator != hubAdmin {
			for _, one := range by[originator] {
				d.findings = append(d.findings, finding{one, errors.New("its participant is not in the directory")})
			}
		}
	}
	return d
}

// mandate returns what a participant's part rests on.
func (d *directory) mandate(code string) mandate {
	found := mandate{
		participant: d.hub.participants[code],
		keys:        d.hub.administrators[code],
		periods:     d.hub.periods[code],
		status:      d.root.status(),
	}
	for _, one := range d.hub.revocations {
		if _, is := found.keys[one.entry.key]; is {
			found.revocations = append(found.revocations, one)
		}
	}
	return found
}

// officeKeys returns the keys of all administrators, the notary and the witnesses.
func (d *directory) officeKeys() map[keyID]enrolled {
	found := map[keyID]enrolled{}
	for id, one := range d.root.claimed {
		found[id] = enrolled{public: one.public, owner: one.owner, validTo: one.to}
	}
	for code, keys := range d.hub.administrators {
		for id, key := range keys {
			found[id] = enrolled{public: key.public, owner: code + "/~admin", validTo: key.valid.end}
		}
	}
	return found
}

// include adds a participant's keys; one that is already there is a higher office's, or an earlier participant's.
func (d *directory) include(part *nationalState) {
	mine := map[keyID]enrolled{}
	for id, one := range part.keys {
		if _, taken := d.keys[id]; taken {
			d.findings = append(d.findings, finding{one.by, errors.New("the key is already someone else's")})
			continue
		}
		mine[id] = part.enrolled(one)
	}
	maps.Copy(d.keys, mine)
}

// includeOwn adds what the hub's administrators say of its own authorities: they follow the rules of a participant's. What
// is wrong with a message's place, or is of another kind, the hub's part has told already.
func (d *directory) includeOwn(messages []*held) {
	if !slices.ContainsFunc(messages, isOwn) {
		return
	}
	var mine []revoked
	for _, one := range d.root.revocations {
		if _, is := d.root.hubKeys[one.entry.key]; is {
			mine = append(mine, one)
		}
	}
	part := foldNational(messages, mandate{
		participant: participantEntry{code: hub, period: period{0, math.MaxInt64}},
		keys:        d.root.hubKeys,
		revocations: mine,
		status:      d.root.status(),
	}, map[stream]int64{})
	for _, one := range part.findings {
		told := slices.ContainsFunc(d.hub.findings, func(other finding) bool { return other.held == one.held })
		if isOwn(one.held) && !told {
			d.findings = append(d.findings, one)
		}
	}
	d.include(part)
}

func isOwn(one *held) bool {
	switch one.entry.(type) {
	case authorityEntry, nodeEntry, keyEntry:
		return true
	}
	return false
}

// A rootState is what the root stream says.
type rootState struct {
	entry       *rootEntry // the newest; nil before the first
	claimed     map[keyID]claimed
	hubKeys     map[keyID]officeKey
	revocations []revoked
	findings    []finding
}

func foldRoot(messages []*held, trusted digest, heads map[stream]int64) rootState {
	state := rootState{claimed: map[keyID]claimed{}, hubKeys: map[keyID]officeKey{}}
	var mine []*held
	var strays []finding
	for _, one := range messages {
		if one.stream.writer == 1 {
			mine = append(mine, one)
		} else {
			strays = append(strays, finding{one, errors.New("the root has one stream")})
		}
	}
	vouch := func(one *held) error {
		if err := state.checkTrusted(one, trusted); err != nil {
			return err
		}
		return state.checkThresholds(one)
	}
	found := chain{vouch, state.step}.follow(mine, heads)
	state.findings = append(found, strays...)
	return state
}

func (s *rootState) checkTrusted(one *held, trusted digest) error {
	if one.sequence == 1 && (one.digest != trusted || one.directory != digest{}) {
		return fmt.Errorf("the first root record has the digest %s, trusted is %s", one.digest, trusted)
	}
	if one.sequence > 1 && s.entry == nil {
		return errors.New("the first root record does not hold")
	}
	return nil
}

// checkThresholds asks for enough of the old root's keys and of the new one's, each by its own statements.
func (s *rootState) checkThresholds(one *held) error {
	var roots []rootEntry
	if s.entry != nil {
		roots = append(roots, *s.entry)
	}
	if entry, is := one.entry.(rootEntry); is {
		roots = append(roots, entry)
	}
	for _, id := range one.signers {
		names := func(entry rootEntry) bool { return entry.key(id) != nil }
		if !slices.ContainsFunc(roots, names) {
			return fmt.Errorf("signed by %s, no root key", id)
		}
	}
	for _, entry := range roots {
		signed, err := entry.signed(one)
		if err != nil {
			return err
		}
		if signed < max(entry.threshold, 1) {
			return fmt.Errorf("%d keys of root version %d signed, it takes %d", signed, entry.version, entry.threshold)
		}
	}
	return nil
}

// key returns the last statement of a root key.
func (e rootEntry) key(id keyID) *statement {
	for _, one := range slices.Backward(e.keys) {
		if one.id == id {
			return &one
		}
	}
	return nil
}

// signed counts the root keys that signed a message while they were valid.
func (e rootEntry) signed(one *held) (int64, error) {
	var count int64
	for place, id := range one.signers {
		key := e.key(id)
		if key == nil {
			continue
		}
		if err := one.checkSignature(place, key.public); err != nil {
			return 0, err
		}
		if (period{key.from, key.to}).contains(one.issuedAt) {
			count++
		}
	}
	return count, nil
}

func (s *rootState) step(one *held) error {
	if s.entry != nil && one.status != s.entry.status {
		return errors.New("of another status than its network")
	}
	switch entry := one.entry.(type) {
	case rootEntry:
		return s.replace(entry, one)
	case revocationEntry:
		return s.revoke(entry, one)
	}
	return errors.New("nothing that a root says")
}

func (s *rootState) replace(entry rootEntry, by *held) error {
	version := int64(0)
	if s.entry != nil {
		version = s.entry.version
	}
	if version == math.MaxInt64 || entry.version != version+1 || entry.status != by.status {
		return fmt.Errorf("root version %d does not follow version %d, or has another status", entry.version, version)
	}
	all := maps.Clone(s.claimed)
	for _, one := range entry.statements() {
		if earlier, there := all[one.id]; there && earlier.claim != one.claim {
			return fmt.Errorf("key %s is already %s's", one.id, earlier.owner)
		}
		all[one.id] = one
	}
	s.entry, s.claimed = &entry, all
	s.hubKeys = restate(s.hubKeys, entry.administrators, by.issuedAt)
	return nil
}

func (s *rootState) revoke(entry revocationEntry, by *held) error {
	earlier, there := s.claimed[entry.key]
	if !there || earlier.claim == (claim{root, useAdministrate}) {
		return errors.New("it revokes a key that no root record names, or a root key")
	}
	s.revocations = append(s.revocations, revoked{entry, by, true})
	return nil
}

// status is what the whole network is about; 0 while that is not known.
func (s *rootState) status() int {
	if s.entry == nil {
		return 0
	}
	return s.entry.status
}

// isRevoked says whether the root revoked a key.
func (s *rootState) isRevoked(id keyID) bool {
	return slices.ContainsFunc(s.revocations, func(one revoked) bool { return one.entry.key == id })
}
