package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	maxNoteBytes      = 128 << 10
	maxNoteSignatures = 64
	maxProofHashes    = 63
	maxLogEntryBytes  = 1 << 10

	cosignatureKind = 0x04
)

var isNumber = regexp.MustCompile(`\A(?:0|[1-9][0-9]{0,18})\z`).MatchString

// A place is where a message stands in the log, and the checkpoint that proves it.
type place struct {
	index, seenAt int64
	checkpoint    string
	size          int64
	witnesses     []string
}

// logged returns the place of a message, by the files of its entry and proof.
func (c *evidenceCase) logged(entryFile, proofFile string, of message) (place, error) {
	entry, thereIs := c.files[entryFile]
	proof, thereIsToo := c.files[proofFile]
	if !thereIs || !thereIsToo {
		return place{}, fmt.Errorf("%s or %s is missing", entryFile, proofFile)
	}
	index, path, checkpoint, err := parseProof(proof)
	if err != nil {
		return place{}, err
	}
	seenAt, err := checkEntryOf(entry, of)
	if err != nil {
		return place{}, err
	}
	tree, witnesses, err := c.openCheckpoint(checkpoint)
	if err != nil {
		return place{}, err
	}
	if err := tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return place{}, fmt.Errorf("the proof does not lead to the checkpoint: %w", err)
	}
	return place{index, seenAt, string(checkpoint), tree.N, witnesses}, nil
}

// checkEntryOf refuses an entry that is not of a message; it returns when the notary saw it.
func checkEntryOf(entry []byte, of message) (int64, error) {
	lines := strings.Split(string(entry), "\n")
	if len(entry) > maxLogEntryBytes || len(lines) != 7 {
		return 0, errors.New("an entry of the log has six lines")
	}
	seenAt, err := parseNumber(lines[5])
	if err != nil || seenAt > latest {
		return 0, errors.New("an entry of the log that was seen at no time")
	}
	expected := []string{
		"tocsin entry v1",
		of.federation,
		of.stream.String(),
		strconv.FormatInt(of.sequence, 10),
		base64.StdEncoding.EncodeToString(of.digest[:]),
		lines[5],
		"",
	}
	if !slices.Equal(expected, lines) {
		return 0, fmt.Errorf("the entry of the log is not the one of %s", of.name())
	}
	return seenAt, nil
}

// parseProof reads a tlog-proof.
func parseProof(raw []byte) (index int64, path []tlog.Hash, checkpoint []byte, err error) {
	front, checkpoint, cut := bytes.Cut(raw, []byte("\n\n"))
	lines := strings.Split(string(front), "\n")
	if len(raw) > 2*maxNoteBytes || !cut || lines[0] != "c2sp.org/tlog-proof@v1" {
		return 0, nil, nil, errors.New("no proof of a version that is known here")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		if _, err := parseBase64(lines[0][len("extra "):]); err != nil {
			return 0, nil, nil, err
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || len(lines) > 1+maxProofHashes || !strings.HasPrefix(lines[0], "index ") {
		return 0, nil, nil, errors.New("a proof names its index, and has at most 63 hashes")
	}
	if index, err = parseNumber(lines[0][len("index "):]); err != nil {
		return 0, nil, nil, err
	}
	for _, line := range lines[1:] {
		hash, err := parseHash(line)
		if err != nil {
			return 0, nil, nil, err
		}
		path = append(path, hash)
	}
	return index, path, checkpoint, nil
}

// openCheckpoint returns the tree of a checkpoint that the notary signed, and who cosigned it.
func (c *evidenceCase) openCheckpoint(raw []byte) (tlog.Tree, []string, error) {
	if err := checkNote(raw); err != nil {
		return tlog.Tree{}, nil, err
	}
	notaries, err := c.notaries()
	if err != nil {
		return tlog.Tree{}, nil, err
	}
	opened, err := note.Open(raw, note.VerifierList(notaries...))
	if err != nil {
		return tlog.Tree{}, nil, err
	}
	if err := checkEveryLine(raw, opened.Text, notaries); err != nil {
		return tlog.Tree{}, nil, err
	}
	tree, err := parseCheckpoint(opened.Text, c.origin())
	return tree, c.cosigners(opened), err
}

func (c *evidenceCase) origin() string { return c.message.federation + "/log" }

// notaries returns the keys that may sign checkpoints: one that was replaced still may, one that was revoked may not.
func (c *evidenceCase) notaries() ([]note.Verifier, error) {
	var found []note.Verifier
	for id, one := range c.directory.root.claimed {
		if one.use != useLog || c.directory.root.isRevoked(id) {
			continue
		}
		key, err := note.NewEd25519VerifierKey(c.origin(), ed25519.PublicKey(one.public))
		if err != nil {
			return nil, err
		}
		verifier, err := note.NewVerifier(key)
		if err != nil {
			return nil, err
		}
		found = append(found, verifier)
	}
	if len(found) == 0 {
		return nil, errors.New("no notary was ever appointed")
	}
	return found, nil
}

// checkNote refuses what x/mod reads and the limits or the one form of base64 do not allow.
func checkNote(raw []byte) error {
	at := bytes.LastIndex(raw, []byte("\n\n"))
	if len(raw) > maxNoteBytes || at < 0 || !utf8.Valid(raw) {
		return errors.New("no note, or one that is too long")
	}
	lines := strings.Split(strings.TrimSuffix(string(raw[at+2:]), "\n"), "\n")
	if len(lines) > maxNoteSignatures {
		return errors.New("a note with too many signatures")
	}
	for _, line := range lines {
		if _, err := parseBase64(line[strings.LastIndex(line, " ")+1:]); err != nil {
			return err
		}
	}
	return nil
}

// checkEveryLine refuses a note with a line that claims to be a notary's and is not: x/mod looks at the first of each.
func checkEveryLine(raw []byte, text string, notaries []note.Verifier) error {
	for _, line := range strings.Split(string(raw[bytes.LastIndex(raw, []byte("\n\n"))+2:]), "\n") {
		name, encoded, _ := strings.Cut(strings.TrimPrefix(line, "— "), " ")
		data, err := parseBase64(encoded)
		if err != nil || len(data) < 4 {
			continue
		}
		for _, one := range notaries {
			isOf := one.Name() == name && one.KeyHash() == binary.BigEndian.Uint32(data)
			if isOf && !one.Verify([]byte(text), data[4:]) {
				return errors.New("a line that claims to be the notary's, and is not")
			}
		}
	}
	return nil
}

func parseCheckpoint(text, origin string) (tlog.Tree, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 || slices.Contains(lines, "") || lines[0] != origin {
		return tlog.Tree{}, errors.New("no checkpoint of this log")
	}
	size, err := parseNumber(lines[1])
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := parseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// cosigners returns the names of the appointed witnesses whose cosignature holds. One that does not is not counted,
// and no reason to refuse the rest: else one witness could.
func (c *evidenceCase) cosigners(opened *note.Note) []string {
	var found []string
	for _, one := range c.directory.root.entry.witnesses {
		if c.directory.root.isRevoked(one.key.id) {
			continue
		}
		hash := sha256.Sum256(slices.Concat([]byte(one.name+"\n"), []byte{cosignatureKind}, one.key.public))
		mine := func(line note.Signature) bool {
			return line.Name == one.name && line.Hash == binary.BigEndian.Uint32(hash[:4]) &&
				isCosignature(line.Base64, opened.Text, one.key.public)
		}
		if slices.ContainsFunc(opened.UnverifiedSigs, mine) {
			found = append(found, one.name)
		}
	}
	return found
}

// isCosignature says whether a line has a time and the signature of a key over that time and a text.
func isCosignature(encoded, text string, public []byte) bool {
	data, err := parseBase64(encoded)
	if err != nil || len(data) != 4+8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(data[4:])
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at, text)
	return at <= math.MaxInt64 && verify(public, []byte(signed), data[12:]) == nil
}

func parseNumber(text string) (int64, error) {
	if !isNumber(text) {
		return 0, fmt.Errorf("%.40q is no number", text)
	}
	return strconv.ParseInt(text, 10, 64)
}

// parseBase64 reads the one base64 that bytes have.
func parseBase64(text string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(data) != text {
		return nil, fmt.Errorf("%.60q is no base64, or nobody writes it so", text)
	}
	return data, nil
}

func parseHash(text string) (tlog.Hash, error) {
	data, err := parseBase64(text)
	if err != nil || len(data) != tlog.HashSize {
		return tlog.Hash{}, fmt.Errorf("%.60q is no hash", text)
	}
	return tlog.Hash(data), nil
}
