package main

import (
	"errors"
	"fmt"
	"maps"
)

// A hubState is what the hub administrators say: participants, and their administrators.
type hubState struct {
	claims         map[keyID]claim
	participants   map[string]participantEntry
	administrators map[string]map[keyID]officeKey
	periods        map[string][]period
	revocations    []revoked
	findings       []finding
}

func foldHub(messages []*held, from rootState, heads map[stream]int64) hubState {
	state := hubState{
		claims:         map[keyID]claim{},
		participants:   map[string]participantEntry{},
		administrators: map[string]map[keyID]officeKey{},
		periods:        map[string][]period{},
	}
	for id, one := range from.claimed {
		state.claims[id] = one.claim
	}
	var mine []revoked
	for _, one := range from.revocations {
		if _, is := from.hubKeys[one.entry.key]; is {
			mine = append(mine, one)
		}
	}
	o := openOffice(hubAdmin, from.hubKeys, mine, messages, nil)
	state.follow(o, from.status(), heads)
	return state
}

func (s *hubState) follow(o *office, status int, heads map[stream]int64) {
	c := chain{vouch: voucher(o), step: func(one *held) error {
		if one.status != status {
			return errors.New("of another status than its network")
		}
		return s.step(one, o.isVouched(one))
	}}
	s.findings = c.follow(o.messages, heads)
}

// voucher returns what says whether a message is validly signed and has its place.
func voucher(o *office) func(*held) error {
	return func(one *held) error {
		if err := o.checkSigners(one); err != nil {
			return err
		}
		return o.checkVouched(one)
	}
}

func (s *hubState) step(one *held, firm bool) error {
	switch entry := one.entry.(type) {
	case participantEntry:
		return s.enter(entry, one)
	case tableEntry, authorityEntry, nodeEntry, keyEntry: // the last three are the hub's own part's
		return nil
	case revocationEntry:
		s.revocations = append(s.revocations, revoked{entry, one, firm})
		return nil
	}
	return errors.New("nothing that a hub administrator says")
}

func (s *hubState) enter(entry participantEntry, by *held) error {
	claims := maps.Clone(s.claims)
	for _, one := range entry.administrators {
		mine := claim{entry.code + "/~admin", useAdministrate}
		if earlier, there := claims[one.id]; there && earlier != mine {
			return fmt.Errorf("key %s is already %s's", one.id, earlier.owner)
		}
		claims[one.id] = mine
	}
	s.claims = claims
	s.participants[entry.code] = entry
	s.administrators[entry.code] = restate(s.administrators[entry.code], entry.administrators, by.issuedAt)
	var periods []period
	for _, one := range s.periods[entry.code] {
		// A newer entry speaks from its own beginning on; what was said before that day stays said.
		if one.end = min(one.end, entry.start); one.start < one.end {
			periods = append(periods, one)
		}
	}
	s.periods[entry.code] = append(periods, entry.period)
	return nil
}

// An enrolment is a key entry, and the message that has it.
type enrolment struct {
	entry keyEntry
	by    *held
}

// A nationalState is what a national administrator says.
type nationalState struct {
	participant participantEntry
	authorities map[string]authorityEntry
	nodes       map[string]nodeEntry
	keys        map[keyID]enrolment
	provers     map[keyID]bool // keys that proved possession of a sealing key; they may do nothing else
	revocations map[keyID]revoked
	findings    []finding
}

// A mandate is what a participant's part rests on: what hub and root say of it.
type mandate struct {
	participant participantEntry
	keys        map[keyID]officeKey
	periods     []period
	revocations []revoked
	status      int
}

func foldNational(messages []*held, from mandate, heads map[stream]int64) *nationalState {
	state := &nationalState{
		participant: from.participant,
		authorities: map[string]authorityEntry{},
		nodes:       map[string]nodeEntry{},
		keys:        map[keyID]enrolment{},
		provers:     map[keyID]bool{},
		revocations: map[keyID]revoked{},
	}
	o := openOffice(from.participant.code+"/~admin", from.keys, from.revocations, messages, from.periods)
	c := chain{vouch: voucher(o), step: func(one *held) error {
		if one.status != from.status {
			return errors.New("of another status than its network")
		}
		return state.step(one)
	}}
	state.findings = c.follow(messages, heads)
	return state
}

func (s *nationalState) step(one *held) error {
	switch entry := one.entry.(type) {
	case authorityEntry:
		return s.place(entry)
	case nodeEntry:
		s.nodes[entry.node] = entry
	case keyEntry:
		return s.enrol(entry, one)
	case revocationEntry:
		// The first one counts: a later one cannot take it back or weaken it.
		if _, there := s.revocations[entry.key]; !there {
			s.revocations[entry.key] = revoked{entry, one, true}
		}
	case tableEntry, tradeEntry:
	default:
		return errors.New("nothing that a national administrator says")
	}
	return nil
}

// place enters an authority that does not stand below itself.
func (s *nationalState) place(entry authorityEntry) error {
	above := entry.parent
	for range len(s.authorities) + 1 {
		if above == entry.authority {
			return fmt.Errorf("%s would stand below itself", entry.authority)
		}
		above = s.authorities[above].parent
	}
	s.authorities[entry.authority] = entry
	return nil
}

func (s *nationalState) enrol(entry keyEntry, by *held) error {
	mine := []keyID{entry.key.id}
	if entry.use == useSeal {
		mine = append(mine, keyIDOf(entry.key.possession[:32]))
	}
	for _, id := range mine {
		if _, there := s.keys[id]; there || s.provers[id] {
			return fmt.Errorf("key %s is already enrolled", entry.key.id)
		}
	}
	for _, id := range mine[1:] {
		s.provers[id] = true
	}
	s.keys[entry.key.id] = enrolment{entry, by}
	return nil
}

// enrolled returns what a key may sign: while it is valid, and while the originator and its participant take part.
func (s *nationalState) enrolled(one enrolment) enrolled {
	found := enrolled{public: one.entry.key.public, owner: one.entry.owner, validTo: one.entry.key.to}
	if by, is := s.revocations[one.entry.key.id]; is {
		found.revokedBy = &by
	}
	for _, granted := range one.entry.streams {
		speaks, known := period{}, false
		if authority, is := s.authorities[granted.originator]; is {
			speaks, known = authority.period, true
		} else if node, is := s.nodes[granted.originator]; is {
			speaks, known = node.period, true
		}
		if !known {
			continue
		}
		valid := period{one.entry.key.from, one.entry.key.to}
		for _, other := range []period{speaks, s.participant.period} {
			valid = period{max(valid.start, other.start), min(valid.end, other.end)}
		}
		found.terms = append(found.terms, term{granted, valid})
	}
	return found
}
