package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	messageFile = "message.bin"
	entryFile   = "log/entry.txt"
	proofFile   = "log/message.tlog-proof"
)

var (
	alwaysThere = []string{messageFile, entryFile, proofFile, "decisions.json", "README.txt", "report.html"}
	folders     = []string{"directory/", "revocations/", "schemas/", "tables/"}
	isHexDigest = regexp.MustCompile(`\A[0-9a-f]{64}\z`).MatchString
)

// A manifest is what evidence.json says; its fields stand in the order of their names.
type manifest struct {
	Digest     string            `json:"digest"`
	Disclosed  []string          `json:"disclosed"`
	ExportedBy string            `json:"exported_by"`
	Federation string            `json:"federation"`
	Files      map[string]string `json:"files"`
	Format     string            `json:"format"`
	Message    string            `json:"message"`
	RootDigest string            `json:"root_digest"`
	Version    int               `json:"version"`
	Withheld   []string          `json:"withheld"`
}

// An evidence is an evidence file of which every file is the one that evidence.json names.
type evidence struct {
	manifest manifest
	message  message
	files    map[string][]byte
}

func openEvidence(raw []byte) (evidence, error) {
	files, err := parseContainer(raw)
	if err != nil {
		return evidence{}, err
	}
	said, err := parseManifest(files[manifestFile])
	if err != nil {
		return evidence{}, err
	}
	delete(files, manifestFile)
	found, err := parseMessage(files[messageFile])
	if err != nil {
		return evidence{}, fmt.Errorf("%s: %w", messageFile, err)
	}
	whole := evidence{said, found, files}
	for _, check := range []func() error{whole.checkFiles, whole.checkMessage, whole.checkNames} {
		if err := check(); err != nil {
			return evidence{}, err
		}
	}
	return whole, nil
}

// parseManifest reads JSON in the one form that it has: without blanks, ended by a line feed.
func parseManifest(raw []byte) (manifest, error) {
	var found manifest
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&found); err != nil {
		return manifest{}, fmt.Errorf("%s: %w", manifestFile, err)
	}
	if found.Format != "tocsin-evidence" || found.Version != 1 {
		return manifest{}, errors.New("of a format or version that is not known here")
	}
	var again bytes.Buffer
	encoder := json.NewEncoder(&again)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(found); err != nil || !bytes.Equal(raw, again.Bytes()) {
		return manifest{}, errors.New("evidence.json is not in its one form")
	}
	if found.Disclosed == nil || found.Withheld == nil || found.Files == nil {
		return manifest{}, errors.New("evidence.json leaves something out")
	}
	if !isAuthority(found.ExportedBy) {
		return manifest{}, fmt.Errorf("it was made for %.60q, which is no authority", found.ExportedBy)
	}
	digests := []string{found.Digest, found.RootDigest}
	for _, one := range found.Files {
		digests = append(digests, one)
	}
	for _, one := range digests {
		if !isHexDigest(one) {
			return manifest{}, fmt.Errorf("%.80q is no digest", one)
		}
	}
	return found, nil
}

func (e evidence) checkFiles() error {
	if len(e.files) != len(e.manifest.Files) {
		return errors.New("evidence.json does not name the files that are there")
	}
	for name, content := range e.files {
		if sum := sha256.Sum256(content); e.manifest.Files[name] != hex.EncodeToString(sum[:]) {
			return fmt.Errorf("%s is not the file that evidence.json names", name)
		}
	}
	for _, name := range alwaysThere {
		if _, there := e.files[name]; !there {
			return fmt.Errorf("%s is missing", name)
		}
	}
	return nil
}

func (e evidence) checkMessage() error {
	said := e.manifest
	if said.Digest != e.message.digest.String() || said.Message != e.message.name() || said.Federation != e.message.federation {
		return errors.New("evidence.json speaks of another message")
	}
	disclosed, withheld := []string{}, []string{}
	for _, section := range e.message.sections {
		switch {
		case slices.Contains(said.Disclosed, section.name):
			disclosed = append(disclosed, section.name)
		default:
			withheld = append(withheld, section.name)
		}
	}
	if !slices.Equal(disclosed, said.Disclosed) || !slices.Equal(withheld, said.Withheld) {
		return errors.New("evidence.json does not name the sections of the message")
	}
	return nil
}

// checkNames checks that there are the files of the disclosed sections and none that has no place.
func (e evidence) checkNames() error {
	expected := slices.Clone(alwaysThere)
	for _, section := range e.manifest.Disclosed {
		mine := []string{sectionFile(section), "sections/" + section + ".json"}
		for _, name := range mine {
			if _, there := e.files[name]; !there {
				return fmt.Errorf("%s is missing", name)
			}
		}
		expected = append(expected, mine...)
	}
	for name := range e.files {
		inFolder := slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(name, folder) })
		if !inFolder && !slices.Contains(expected, name) {
			return fmt.Errorf("%s has no place", name)
		}
	}
	return nil
}

func sectionFile(section string) string { return "sections/" + section + ".bin" }
