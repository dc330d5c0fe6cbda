package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
)

// A held message is one of the directory: its shape is right, nothing is known of its signers.
type held struct {
	message
	copy  digest // of the whole envelope: a copy with another signature is another copy
	entry any
	flaw  error // why the entry never applies; its message has its place all the same
	known map[string]error
}

// hold refuses what can be no message of the directory.
func hold(found message, federation string) (*held, error) {
	if found.federation != federation || found.kind != kindDirectory || found.label != labelClear {
		return nil, fmt.Errorf("%s is no message of this directory", found.name())
	}
	if len(found.sections) != 1 || found.bodies[0] == nil {
		return nil, fmt.Errorf("%s has not one section with its body", found.name())
	}
	section := found.sections[0]
	said, err := readBody(section, found.bodies[0])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", found.name(), err)
	}
	one := &held{message: found, copy: sha256.Sum256(found.raw), known: map[string]error{}}
	if one.entry, one.flaw = readEntry(section.name, said); one.flaw == nil {
		one.flaw = checkEntry(one.entry, section.name, found.stream.originator, federation)
	}
	return one, nil
}

// checkSignature remembers what verifying found under each key.
func (h *held) checkSignature(place int, public []byte) error {
	asked := fmt.Sprintf("%d %x", place, public)
	err, there := h.known[asked]
	if !there {
		err = h.message.checkSignature(place, public)
		h.known[asked] = err
	}
	return err
}

// A finding is why a message does not apply.
type finding struct {
	held *held
	err  error
}

func (f finding) String() string { return fmt.Sprintf("%s: %v", f.held.name(), f.err) }

// A chain is how the messages of one administrator are followed: vouch says whether a message is validly signed, step
// applies its entry or refuses to, and then changes nothing.
type chain struct {
	vouch, step func(*held) error
}

func (c chain) apply(one *held) error {
	if one.flaw != nil {
		return one.flaw
	}
	return c.step(one)
}

// follow goes along the streams of one originator as far as each holds, the lowest writer first, and enters into heads
// how many messages of each have their place.
func (c chain) follow(messages []*held, heads map[stream]int64) []finding {
	streams := map[int64]map[int64][]*held{}
	for _, one := range messages {
		writer := one.stream.writer
		if streams[writer] == nil {
			streams[writer] = map[int64][]*held{}
		}
		streams[writer][one.sequence] = append(streams[writer][one.sequence], one)
	}
	var findings []finding
	for _, writer := range sortedKeys(streams) {
		count, found := c.followStream(streams[writer])
		heads[stream{messages[0].stream.originator, writer}] = count
		findings = append(findings, found...)
	}
	return findings
}

func (c chain) followStream(bySequence map[int64][]*held) (int64, []finding) {
	var findings []finding
	var last digest
	next := int64(1)
	for ; len(bySequence[next]) > 0; next++ {
		rightful, refused := c.rightful(bySequence[next], last)
		findings = append(findings, refused...)
		if len(rightful) != 1 {
			for _, one := range rightful {
				findings = append(findings, finding{one, errors.New("not the only validly signed message of its number")})
			}
			delete(bySequence, next)
			break
		}
		if err := c.apply(rightful[0]); err != nil {
			findings = append(findings, finding{rightful[0], err})
		}
		last = rightful[0].digest
		delete(bySequence, next)
	}
	for _, sequence := range sortedKeys(bySequence) {
		for _, one := range bySequence[sequence] {
			findings = append(findings, finding{one, errors.New("a message before it is missing or has no place")})
		}
	}
	return next - 1, findings
}

// rightful returns the messages with a right to a place, one copy of each, and what is wrong with the others.
func (c chain) rightful(candidates []*held, last digest) ([]*held, []finding) {
	var rightful []*held
	var refused, others []finding
	found := map[digest]bool{}
	for _, one := range candidates {
		err := c.vouch(one)
		if one.previous != last {
			err = errors.New("it does not follow the message that stands before it")
		}
		if err != nil {
			refused = append(refused, finding{one, err})
		} else if !found[one.digest] {
			found[one.digest] = true
			rightful = append(rightful, one)
		}
	}
	for _, one := range refused {
		if !found[one.held.digest] {
			others = append(others, one)
		}
	}
	return rightful, others
}

// lineage returns the digests of a message of a stream and of all before it; none while it is not held.
func lineage(messages []*held, in stream, sequence int64, last digest) map[digest]bool {
	byDigest := map[digest]*held{}
	for _, one := range messages {
		if one.stream == in {
			byDigest[one.digest] = one
		}
	}
	found := map[digest]bool{}
	one := byDigest[last]
	if one == nil || one.sequence != sequence {
		return found
	}
	found[last] = true
	for ; one != nil; one = byDigest[one.previous] {
		found[one.previous] = true
	}
	return found
}

// ancestors adds to found a message and all before it in its stream.
func ancestors(messages []*held, last *held, found map[digest]bool) {
	byDigest := map[digest]*held{}
	for _, one := range messages {
		byDigest[one.digest] = one
	}
	for one := last; one != nil && !found[one.digest]; {
		found[one.digest] = true
		before := byDigest[one.previous]
		if before != nil && before.stream != one.stream {
			before = nil
		}
		one = before
	}
}
