package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// sortedKeys returns the keys of a map in their order.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}

// An officeKey is an administrator's key; it stands until a newer entry leaves it out, or states it as expired.
type officeKey struct {
	public []byte
	valid  period
	stands bool
}

// restate returns the keys after an entry of a time that lists statements: a key left out ends there. One that has
// expired by then ends too, unless all of them have.
func restate(known map[keyID]officeKey, statements []statement, at int64) map[keyID]officeKey {
	allExpired := !slices.ContainsFunc(statements, func(one statement) bool { return one.to > at })
	stated := map[keyID]officeKey{}
	for id, key := range known {
		key.valid.end, key.stands = min(key.valid.end, at), false
		stated[id] = key
	}
	for _, one := range statements {
		stated[one.id] = officeKey{one.public, period{one.from, one.to}, allExpired || at < one.to}
	}
	return stated
}

// A revoked key, and the message that says so. It is firm if the writer of that message still stands or somebody
// vouches for it: otherwise it only takes away.
type revoked struct {
	entry revocationEntry
	by    *held
	firm  bool
}

// An office is the keys of one administrator, and what became of them.
type office struct {
	name     string
	keys     map[keyID]officeKey
	kept     map[keyID]map[digest]bool // of a revoked key: the messages that still count
	periods  []period                  // when its participant takes part; none for the hub
	vouched  map[digest]bool           // the messages that count although the key that signed them ended
	messages []*held
}

func openOffice(name string, keys map[keyID]officeKey, revocations []revoked, messages []*held, periods []period) *office {
	o := &office{name, keys, map[keyID]map[digest]bool{}, periods, map[digest]bool{}, messages}
	for _, one := range revocations {
		named := o.named(one.entry)
		if before, there := o.kept[one.entry.key]; there {
			maps.DeleteFunc(named, func(found digest, _ bool) bool { return !before[found] })
		}
		o.kept[one.entry.key] = named
	}
	for _, one := range messages {
		if o.hasStandingSigner(one) && o.checkSigners(one) == nil {
			ancestors(messages, one, o.vouched)
		}
	}
	for _, one := range revocations {
		if one.firm {
			maps.Copy(o.vouched, o.named(one.entry))
		}
	}
	return o
}

// named returns the messages that a revocation vouches for.
func (o *office) named(entry revocationEntry) map[digest]bool {
	found := map[digest]bool{}
	for _, last := range entry.lastValid {
		maps.Copy(found, lineage(o.messages, last.stream, last.sequence, last.digest))
	}
	return found
}

func (o *office) hasStandingSigner(one *held) bool {
	return slices.ContainsFunc(one.signers, func(id keyID) bool { return o.keys[id].stands })
}

func (o *office) isVouched(one *held) bool { return o.hasStandingSigner(one) || o.vouched[one.digest] }

// checkVouched refuses what is no more than the word of a key that ended.
func (o *office) checkVouched(one *held) error {
	if !o.isVouched(one) {
		return errors.New("signed by a key that ended, and nobody vouches for it")
	}
	return nil
}

// checkSigners refuses a message unless each signer is a key of the office that may sign it, and each signature holds.
func (o *office) checkSigners(one *held) error {
	for place, id := range one.signers {
		key, there := o.keys[id]
		if !there {
			return fmt.Errorf("signed by %s, no key of %s", id, o.name)
		}
		if kept, isRevoked := o.kept[id]; isRevoked && !kept[one.digest] {
			return fmt.Errorf("signed by %s, whose word ended before it", id)
		}
		if !key.valid.contains(one.issuedAt) {
			return fmt.Errorf("signed by %s, which was not valid then", id)
		}
		if err := one.checkSignature(place, key.public); err != nil {
			return err
		}
	}
	takesPart := func(one2 period) bool { return one2.contains(one.issuedAt) }
	if len(o.periods) > 0 && !slices.ContainsFunc(o.periods, takesPart) {
		return errors.New("issued when its participant took no part")
	}
	return nil
}

// inOrder sorts messages so that what follows from them does not depend on the order in which they came.
func inOrder(messages []*held) []*held {
	return slices.SortedFunc(slices.Values(messages), func(a, b *held) int {
		return cmp.Or(
			cmp.Compare(a.stream.writer, b.stream.writer),
			cmp.Compare(a.sequence, b.sequence),
			bytes.Compare(a.digest[:], b.digest[:]),
			bytes.Compare(a.copy[:], b.copy[:]),
		)
	})
}
