"""How substances come under control: what is proposed, decided and notified, and what each country has made of it."""
