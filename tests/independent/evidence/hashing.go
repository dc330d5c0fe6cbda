package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
)

// A digest is what SHA-256 returns.
type digest [sha256.Size]byte

func (d digest) String() string { return hex.EncodeToString(d[:]) }

// A keyID names a public key.
type keyID [16]byte

func (k keyID) String() string { return hex.EncodeToString(k[:]) }

const (
	headerType        = "application/vnd.tocsin.header.v1"
	batchType         = "application/vnd.tocsin.batch.v1"
	keyPossessionType = "application/vnd.tocsin.key-possession.v1"

	commitmentTag = "tocsin/commitment/v1"
	keyIDTag      = "tocsin/key-id/v1"
)

// tuple returns fields as bytes that no other fields encode to: each is its length, u32 big-endian, and its bytes.
func tuple(fields ...[]byte) []byte {
	var out []byte
	for _, field := range fields {
		out = binary.BigEndian.AppendUint32(out, uint32(len(field)))
		out = append(out, field...)
	}
	return out
}

// number is a field of a tuple.
func number(value uint64) []byte { return binary.BigEndian.AppendUint64(nil, value) }

// taggedHash returns SHA-256(tag ‖ 0x00 ‖ parts).
func taggedHash(tag string, parts ...[]byte) digest {
	hash := sha256.New()
	hash.Write(append([]byte(tag), 0))
	for _, part := range parts {
		hash.Write(part)
	}
	return digest(hash.Sum(nil))
}

// preAuthentication returns what is signed for a payload of a type (DSSE v1, PAE).
func preAuthentication(payloadType string, payload []byte) []byte {
	out := append([]byte("DSSEv1 "), strconv.Itoa(len(payloadType))...)
	out = append(append(append(out, ' '), payloadType...), ' ')
	out = append(strconv.AppendInt(out, int64(len(payload)), 10), ' ')
	return append(out, payload...)
}

// keyIDOf returns the name of a public key.
func keyIDOf(public []byte) keyID {
	hash := taggedHash(keyIDTag, public)
	return keyID(hash[:len(keyID{})])
}

func leafHash(entry []byte) digest {
	return sha256.Sum256(append([]byte{0}, entry...))
}

func nodeHash(left, right digest) digest {
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

// rootOf returns the root that a path leads to, following the definition of a path (RFC 9162, section 2.1.3.1) from
// the root down rather than the checking algorithm of section 2.1.3.2 upwards.
func rootOf(leaf digest, index, size int64, path []digest) (digest, error) {
	if index < 0 || index >= size {
		return digest{}, errors.New("there is no such place in the tree")
	}
	if size == 1 {
		if len(path) > 0 {
			return digest{}, errors.New("the path is too long")
		}
		return leaf, nil
	}
	if len(path) == 0 {
		return digest{}, errors.New("the path is too short")
	}
	split := int64(1)
	for split*2 < size {
		split *= 2
	}
	sibling, rest := path[len(path)-1], path[:len(path)-1]
	if index < split {
		left, err := rootOf(leaf, index, split, rest)
		return nodeHash(left, sibling), err
	}
	right, err := rootOf(leaf, index-split, size-split, rest)
	return nodeHash(sibling, right), err
}
